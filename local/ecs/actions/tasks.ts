import { z } from 'zod';
import { ServiceError } from '../../endpoint/service.ts';
import { atomically } from '../../endpoint/state.ts';
import { overrides, type Task } from '../documents.ts';
import { toStop } from '../lifecycle.ts';
import { newTask } from '../task.ts';
import { viewTask } from '../view.ts';
import {
  clusterName,
  demandActiveTaskDefinition,
  demandCluster,
  lastPart,
  page,
  paging,
  parse,
  taskArnOf,
} from './input.ts';
import type { ActionsOptions } from './options.ts';

const running = z.object({
  cluster: clusterName,
  taskDefinition: z.string(),
  count: z.int().min(1).max(10).default(1),
  clientToken: z.string().min(1).max(64).optional(),
  startedBy: z.string().max(128).optional(),
  group: z.string().optional(),
  overrides: overrides.prefault({}),
});
const stopping = z.object({
  cluster: clusterName,
  task: z.string(),
  reason: z.string().max(1024).optional(),
});
const describing = z.object({ cluster: clusterName, tasks: z.array(z.string()).max(100) });
const listing = z.object({
  cluster: clusterName,
  family: z.string().optional(),
  serviceName: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
  ...paging,
});

/** The actions on tasks. */
export function taskActions({ store, now, wake }: ActionsOptions) {
  return {
    /** The same client token answers the same tasks; with anything else asked for it is a conflict. */
    RunTask(input: unknown) {
      const given = parse(running, input);
      demandCluster(store, given.cluster);
      const definition = demandActiveTaskDefinition(store, given.taskDefinition);
      const containers = new Set(definition.containerDefinitions.map(({ name }) => name));
      const stranger = given.overrides.containerOverrides.find(({ name }) => !containers.has(name));
      if (stranger !== undefined) {
        const message = `Override for container named ${stranger.name} is not a container in the TaskDefinition.`;
        throw new ServiceError('InvalidParameterException', message);
      }
      const tasks = atomically(store.database, () => {
        const { clientToken } = given;
        const known = clientToken === undefined ? [] : store.tasksByClientToken(given.cluster, clientToken);
        const group = given.group ?? `family:${definition.family}`;
        const wanted = Array.from({ length: given.count }, () =>
          newTask({ ...given, definition, group }, now()),
        );
        if (known.length > 0) return demandSame(known, wanted);
        for (const task of wanted) store.putTask(task);
        return wanted;
      });
      wake();
      return { tasks: tasks.map(viewTask), failures: [] };
    },
    StopTask(input: unknown) {
      const { cluster, task: reference, reason } = parse(stopping, input);
      demandCluster(store, cluster);
      const stopped = atomically(store.database, () => {
        const task = store.task(taskArnOf(cluster, reference));
        if (task === undefined) {
          throw new ServiceError('InvalidParameterException', 'The referenced task was not found.');
        }
        if (task.desiredStatus === 'STOPPED') return task;
        const next = toStop(task, 'UserInitiated', reason ?? 'Task stopped by user', now());
        store.putTask({ ...next, version: task.version + 1 });
        return next;
      });
      wake();
      return { task: viewTask(stopped) };
    },
    DescribeTasks(input: unknown) {
      const { cluster, tasks } = parse(describing, input);
      demandCluster(store, cluster);
      const asked = tasks.map((reference) => {
        const taskArn = taskArnOf(cluster, reference);
        return { taskArn, task: store.task(taskArn) };
      });
      return {
        tasks: asked.flatMap(({ task }) => (task === undefined ? [] : [viewTask(task)])),
        failures: asked
          .filter(({ task }) => task === undefined)
          .map(({ taskArn }) => ({ arn: taskArn, reason: 'MISSING' })),
      };
    },
    ListTasks(input: unknown) {
      const given = parse(listing, input);
      demandCluster(store, given.cluster);
      const arns = store
        .tasks(given.cluster)
        .filter((task) => isListed(task, given))
        .sort((a, b) => a.createdAt - b.createdAt || a.taskArn.localeCompare(b.taskArn))
        .map(({ taskArn }) => taskArn);
      const { items, nextToken } = page(arns, given);
      return { taskArns: items, nextToken };
    },
  };
}

function isListed(task: Task, filter: z.infer<typeof listing>): boolean {
  const { family, serviceName, startedBy } = filter;
  const desired = filter.desiredStatus === 'PENDING' ? 'RUNNING' : filter.desiredStatus;
  return (
    task.desiredStatus === desired &&
    (family === undefined || lastPart(task.taskDefinitionArn).split(':')[0] === family) &&
    (serviceName === undefined || task.service?.name === lastPart(serviceName)) &&
    (startedBy === undefined || (task.startedBy ?? task.service?.deploymentId) === startedBy)
  );
}

function demandSame(known: Task[], wanted: readonly Task[]): Task[] {
  const asked = (tasks: readonly Task[]) =>
    JSON.stringify(
      tasks.map(({ taskDefinitionArn, overrides, startedBy }) => [taskDefinitionArn, overrides, startedBy]),
    );
  if (asked(known) === asked(wanted)) return known;
  throw new ServiceError(
    'ConflictException',
    `The client token belongs to ${known.map(({ taskArn }) => taskArn).join(', ')}, which other parameters started`,
  );
}
