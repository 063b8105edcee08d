import {
  DescribeTasksCommand,
  type DesiredStatus,
  paginateListTasks,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Task,
} from '@aws-sdk/client-ecs';
import { networkConfiguration } from '../component/ecs-service.ts';
import type { Services } from '../services.ts';
import { OperationFailed } from './failures.ts';

/** ECS describes at most so many tasks in one call. */
const MOST_DESCRIBED = 100;

/** Starts a one-off task; the same token starts it once. Returns its ARN. */
export async function runTask(
  services: Services,
  task: Pick<RunTaskCommandInput, 'taskDefinition' | 'clientToken' | 'overrides'>,
): Promise<string> {
  const { CELL } = services.environment;
  const { tasks = [], failures = [] } = await services.ecs.send(
    new RunTaskCommand({
      cluster: CELL.cluster,
      launchType: 'FARGATE',
      count: 1,
      ...networkConfiguration(CELL),
      ...task,
    }),
  );
  const taskArn = tasks[0]?.taskArn;
  if (taskArn !== undefined) return taskArn;
  throw new OperationFailed(`ECS could not start a task: ${failures[0]?.reason ?? 'it gave no reason'}`);
}

/** Starts a one-off task once more that has stopped; the same one is started again once. Returns its ARN. */
export async function runAgain(services: Services, task: Task): Promise<string> {
  const { taskArn = '', taskDefinitionArn, overrides } = task;
  return await runTask(services, {
    taskDefinition: taskDefinitionArn,
    clientToken: `again-${taskArn.split('/').at(-1)}`,
    ...(overrides === undefined ? {} : { overrides }),
  });
}

/** The tasks of a service or a family, with this desired status. */
export async function listTasks(
  services: Services,
  of: { readonly serviceName: string } | { readonly family: string },
  desiredStatus: DesiredStatus,
): Promise<Task[]> {
  const { cluster } = services.environment.CELL;
  const found: string[] = [];
  for await (const { taskArns = [] } of paginateListTasks(
    { client: services.ecs },
    { cluster, ...of, desiredStatus },
  )) {
    found.push(...taskArns);
  }
  return await describeTasks(services, found);
}

/** The tasks of these services with any of these desired statuses. */
export async function tasksOf(
  services: Services,
  serviceNames: readonly string[],
  ...statuses: readonly DesiredStatus[]
): Promise<Task[]> {
  const found = serviceNames.flatMap((serviceName) =>
    statuses.map((status) => listTasks(services, { serviceName }, status)),
  );
  return (await Promise.all(found)).flat();
}

/** The tasks of these ARNs that ECS still knows. */
export async function describeTasks(services: Services, taskArns: readonly string[]): Promise<Task[]> {
  const { cluster } = services.environment.CELL;
  const found: Task[] = [];
  for (let start = 0; start < taskArns.length; start += MOST_DESCRIBED) {
    const { tasks = [] } = await services.ecs.send(
      new DescribeTasksCommand({ cluster, tasks: taskArns.slice(start, start + MOST_DESCRIBED) }),
    );
    found.push(...tasks);
  }
  return found;
}
