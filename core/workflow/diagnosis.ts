import { GetLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import type { Container, Task } from '@aws-sdk/client-ecs';
import { logGroup } from '../component/names.ts';
import type { Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { causeOf } from './cause.ts';
import { describeServices } from './ecs-services.ts';
import { tasksOf } from './ecs-tasks.ts';
import { redaction } from './redact.ts';

/** Lines of a log that are read, and of those how many a reason quotes at most. */
const READ_LINES = 60;
const QUOTED_LINES = 4;
const LONGEST_LINE = 300;

/** Whose services these are, and what they were told that must not be shown. */
export interface Diagnosed {
  readonly deploymentId: string;
  /** Of all revisions whose containers may be quoted. */
  readonly specs: readonly Spec[];
}

/**
 * Why services do not run, as a person needs it: the container that ended or is not healthy, how it ended, and the
 * lines of its log that say most. Without the deployment's secrets.
 */
export async function diagnose(
  services: Services,
  diagnosed: Diagnosed,
  serviceNames: readonly string[],
): Promise<string> {
  const [described, tasks] = await Promise.all([
    describeServices(services, serviceNames),
    tasksOf(services, serviceNames, 'STOPPED', 'RUNNING'),
  ]);
  const inOrder = serviceNames.flatMap((name) => described.filter(({ serviceName }) => serviceName === name));
  const cause = causeOf(inOrder, tasks);
  switch (cause?.kind) {
    case 'container':
      return await explain(services, diagnosed, cause);
    case 'stopped':
      return `Its tasks are stopped: ${(await redaction(services, diagnosed))(cause.reason)}.`;
    case 'unplaced':
      return `Its tasks were not started. The cell has no room for them: ${cause.said}`;
    case undefined:
      return 'Its tasks were not started. The cell may lack room for them.';
  }
}

/** How a container of a task ended, and what it said last, without the deployment's secrets. */
export async function explain(
  services: Services,
  diagnosed: Diagnosed,
  { task, container }: { readonly task: Task; readonly container: Container },
): Promise<string> {
  const [redact, lines] = await Promise.all([
    redaction(services, diagnosed),
    lastLines(services, diagnosed.deploymentId, task, container.name ?? ''),
  ]);
  const said = meaningful(redact(lines.join('\n')).split('\n'));
  return `${ending(container, redact)}${said.length === 0 ? '' : ` Its log says: ${said.join(' | ')}`}`;
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

function ending(
  { name, exitCode, healthStatus, ...container }: Container,
  redact: (text: string) => string,
): string {
  const reason = container.reason === undefined ? undefined : redact(container.reason);
  const why = reason === undefined ? '' : ` (${reason})`;
  if (exitCode !== undefined) return `${name} ended with exit code ${exitCode}${why}.`;
  if (reason !== undefined) return `${name} could not run: ${reason}.`;
  return `${name} runs and is ${healthStatus === 'UNHEALTHY' ? 'not healthy' : 'not ready'}.`;
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
