import { GetLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import type { Container, Task } from '@aws-sdk/client-ecs';
import { logGroup } from '../component/names.ts';
import type { Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { describeServices } from './ecs-services.ts';
import { listTasks } from './ecs-tasks.ts';
import { redact } from './redact.ts';

/** Lines of a log that are read, and of those how many a reason quotes at most. */
const READ_LINES = 60;
const QUOTED_LINES = 4;
const LONGEST_LINE = 300;

/** Which container is to blame, and in which task. */
interface Culprit {
  readonly task: Task;
  readonly container: Container;
}

/**
 * Why services do not run, as a person needs it: the container that ended or is not healthy, how it ended, and the
 * lines of its log that say most.
 */
export async function diagnose(
  services: Services,
  deploymentId: string,
  spec: Spec,
  serviceNames: readonly string[],
): Promise<string> {
  for (const serviceName of serviceNames) {
    const stopped = await listTasks(services, { serviceName }, 'STOPPED');
    const running = await listTasks(services, { serviceName }, 'RUNNING');
    const culprit = culpritOf([...newestFirst(stopped), ...running]);
    if (culprit !== undefined) return await explain(services, deploymentId, spec, culprit);
    const stoppedReason = newestFirst(stopped)[0]?.stoppedReason;
    if (stoppedReason !== undefined) return `Its tasks are stopped: ${stoppedReason}.`;
  }
  const unplaced = await describeUnplaced(services, serviceNames);
  return `Its tasks were not started. ${unplaced ?? 'The cell may lack room for them.'}`;
}

/** What ECS says of tasks for which the cell has no room. */
async function describeUnplaced(
  services: Services,
  serviceNames: readonly string[],
): Promise<string | undefined> {
  const events = (await describeServices(services, serviceNames)).flatMap(({ events = [] }) => events);
  const said = events.find(({ message }) => message?.includes('unable to place a task'))?.message;
  return said === undefined ? undefined : `The cell has no room for them: ${said}`;
}

/** How a container of a task ended, and what it said last, without the deployment's secrets. */
export async function explain(
  services: Services,
  deploymentId: string,
  spec: Spec,
  { task, container }: Culprit,
): Promise<string> {
  const lines = await lastLines(services, deploymentId, task, container.name ?? '');
  const shown = await redact(services, deploymentId, spec, lines.join('\n'));
  const said = meaningful(shown.split('\n'));
  return `${ending(container)}${said.length === 0 ? '' : ` Its log says: ${said.join(' | ')}`}`;
}

/** The lines that say most about a failure: the last errors, else the last line. */
export function meaningful(lines: readonly string[]): string[] {
  const shown = lines.map((line) => line.trim().slice(0, LONGEST_LINE)).filter((line) => line !== '');
  const errors = shown.filter((line) =>
    /(^|[\s.])[A-Z]\w*(Error|Exception)\b|^windsock-airflow: |\b(ERROR|CRITICAL|FATAL)\b|is not healthy: /.test(
      line,
    ),
  );
  return (errors.length > 0 ? errors : shown.slice(-1)).slice(-QUOTED_LINES);
}

function ending({ name, exitCode, reason, healthStatus }: Container): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  if (exitCode !== undefined) return `${name} ended with exit code ${exitCode}${why}.`;
  if (reason !== undefined) return `${name} could not run: ${reason}.`;
  return `${name} runs and is ${healthStatus === 'UNHEALTHY' ? 'not healthy' : 'not ready'}.`;
}

function culpritOf(tasks: readonly Task[]): Culprit | undefined {
  const all = tasks.flatMap((task) => (task.containers ?? []).map((container) => ({ task, container })));
  return (
    all.find(({ container }) => container.exitCode !== undefined && ![0, 143].includes(container.exitCode)) ??
    all.find(({ container }) => container.exitCode === undefined && container.reason !== undefined) ??
    all.find(({ task, container }) => task.lastStatus !== 'STOPPED' && container.healthStatus !== 'HEALTHY')
  );
}

function newestFirst(tasks: readonly Task[]): Task[] {
  return tasks.toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
}

async function lastLines(
  services: Services,
  deploymentId: string,
  { taskArn = '' }: Task,
  container: string,
): Promise<string[]> {
  const taskId = taskArn.split('/').at(-1);
  try {
    const { events = [] } = await services.logs.send(
      new GetLogEventsCommand({
        logGroupName: logGroup(services.environment.CELL.logGroupPrefix, deploymentId),
        logStreamName: `${container}/${container}/${taskId}`,
        limit: READ_LINES,
        startFromHead: false,
      }),
    );
    return events.map(({ message = '' }) => message);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return [];
    throw error;
  }
}
