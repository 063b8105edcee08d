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
      return { kind: 'worker' as const, name: `worker-${queue.name}-${generation}`, queue, generation };
    }),
  ];
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

/** Whether a queue's workers run the same in both specs; how many there are may change meanwhile. */
export function workersUnchanged(queueName: string, from: Spec, to: Spec): boolean {
  const [before, after] = [workers(queueName, from), workers(queueName, to)];
  return before !== undefined && isDeepStrictEqual(before, after);
}

function servers(spec: Spec): unknown {
  return [image(spec), spec.schedulerSize];
}

function workers(queueName: string, spec: Spec): unknown {
  const queue = spec.workerQueues.find(({ name }) => name === queueName);
  return queue && [image(spec), queue.astroMachine, queue.workerConcurrency];
}

/** What every component runs; variables are told apart by where their values are. */
function image({ runtimeVersion, executor, environmentVariables }: Spec): unknown {
  const variables = environmentVariables.map(({ key, variableSetId }) => `${key} ${variableSetId}`);
  return [runtimeVersion, executor, variables.toSorted()];
}
