import { isDeepStrictEqual } from 'node:util';
import type { Revision, Spec, WorkerQueue } from '../revision/schema.ts';

/** One of a deployment's ECS services, and what of the spec it depends on. */
export type Component =
  | { readonly kind: 'control'; readonly name: 'control' }
  | { readonly kind: 'api'; readonly name: 'api' }
  | {
      readonly kind: 'worker';
      readonly name: string;
      readonly queue: WorkerQueue;
      readonly generation: number;
    };

/** The services that a revision asks for: the control task, the api-server, and one of workers for each queue. */
export function componentsOf({ spec, generations }: Pick<Revision, 'spec' | 'generations'>): Component[] {
  return [
    { kind: 'control', name: 'control' },
    { kind: 'api', name: 'api' },
    ...spec.workerQueues.map((queue) => {
      const generation = generations[queue.name];
      if (generation === undefined) throw new Error(`Queue ${queue.name} has no generation of workers`);
      return { kind: 'worker' as const, name: workerName(queue.name, generation), queue, generation };
    }),
  ];
}

/** What the service of a queue's workers of a generation is called. */
export function workerName(queue: string, generation: number): string {
  return `worker-${queue}-${generation}`;
}

/** The worker services of a revision that another one does not have: their workers end what they run, then go. */
export function drainedBetween(from: Revision | undefined, to: Revision): string[] {
  const kept = new Set(componentsOf(to).map(({ name }) => name));
  const before = from === undefined ? [] : componentsOf(from);
  return before.flatMap(({ kind, name }) => (kind === 'worker' && !kept.has(name) ? [name] : []));
}

/** Whether control and api run the same in both specs; how many of them there are may change meanwhile. */
export function serversUnchanged(from: Spec, to: Spec): boolean {
  return isDeepStrictEqual(servers(from), servers(to));
}

/** Whether a queue's workers of one spec are workers of the other: they run the same there, and none is too many. */
export function workersStay(queueName: string, from: Spec, to: Spec): boolean {
  const [before, after] = [queueOf(queueName, from), queueOf(queueName, to)];
  if (before === undefined || after === undefined) return false;
  return (
    isDeepStrictEqual(workers(before, from), workers(after, to)) && workerCount(before) <= workerCount(after)
  );
}

/** How many workers a queue has: nothing scales them between their bounds yet, so its least number, and one at least. */
export function workerCount({ minWorkerCount }: WorkerQueue): number {
  return Math.max(1, minWorkerCount);
}

function servers(spec: Spec): unknown {
  return [image(spec), spec.schedulerSize];
}

function workers({ astroMachine, workerConcurrency }: WorkerQueue, spec: Spec): unknown {
  return [image(spec), astroMachine, workerConcurrency];
}

function queueOf(queueName: string, { workerQueues }: Spec): WorkerQueue | undefined {
  return workerQueues.find(({ name }) => name === queueName);
}

/** What every component runs; variables are told apart by where their values are. */
function image({ runtimeVersion, executor, environmentVariables }: Spec): unknown {
  const variables = environmentVariables.map(({ key, variableSetId }) => `${key} ${variableSetId}`);
  return [runtimeVersion, executor, variables.toSorted()];
}
