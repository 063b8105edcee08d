import { z } from 'zod';
import { atomically } from '../../endpoint/state.ts';
import type { Task } from '../documents.ts';
import type { Store } from '../store.ts';
import { clusterName, demandCluster, parse, taskArnOf } from './input.ts';
import type { ActionsOptions } from './options.ts';

const updating = z.object({
  cluster: clusterName,
  tasks: z.array(z.string()).min(1).max(10),
  protectionEnabled: z.boolean(),
  expiresInMinutes: z.int().min(1).max(2880).default(120),
});
const asking = z.object({ cluster: clusterName, tasks: z.array(z.string()).max(10).default([]) });

/** Scale-in protection of service tasks. */
export function protectionActions({ store, now }: ActionsOptions) {
  return {
    UpdateTaskProtection(input: unknown) {
      const { cluster, tasks, protectionEnabled, expiresInMinutes } = parse(updating, input);
      demandCluster(store, cluster);
      return atomically(store.database, () => {
        const { valid, failures } = sort(store, cluster, tasks);
        const changed = valid.map((task) => ({
          ...task,
          protectedUntil: protectionEnabled ? now() + expiresInMinutes * 60_000 : undefined,
        }));
        for (const task of changed) store.putTask(task);
        return { protectedTasks: changed.map((task) => view(task, now())), failures };
      });
    },
    GetTaskProtection(input: unknown) {
      const { cluster, tasks } = parse(asking, input);
      demandCluster(store, cluster);
      const { valid, failures } = sort(store, cluster, tasks);
      return { protectedTasks: valid.map((task) => view(task, now())), failures };
    },
  };
}

function sort(store: Store, cluster: string, references: readonly string[]) {
  const valid: Task[] = [];
  const failures: { arn: string; reason: string }[] = [];
  for (const reference of references) {
    const arn = taskArnOf(cluster, reference);
    const task = store.task(arn);
    if (task === undefined) failures.push({ arn, reason: 'MISSING' });
    else if (task.service === undefined || task.desiredStatus === 'STOPPED') {
      failures.push({ arn, reason: 'TASK_NOT_VALID' });
    } else valid.push(task);
  }
  return { valid, failures };
}

function view({ taskArn, protectedUntil }: Task, now: number) {
  const protectionEnabled = protectedUntil !== undefined && protectedUntil > now;
  return {
    taskArn,
    protectionEnabled,
    expirationDate: protectionEnabled ? protectedUntil / 1000 : undefined,
  };
}
