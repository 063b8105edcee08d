import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  type Component,
  componentsOf,
  drainedBetween,
  serversUnchanged,
  workerCount,
} from '../component/service.ts';
import type { Revision } from '../revision/schema.ts';

/** What an operation is for; a deploy changes the DAG bundle alone. */
export const OperationKind = z.enum(['create', 'update', 'deploy', 'delete']);
export type OperationKind = z.infer<typeof OperationKind>;

/** What an operation would do, and what it costs. */
export const Plan = z.strictObject({
  kind: OperationKind,
  /** Services by name. */
  components: z.strictObject({
    started: z.array(z.string()),
    /** Replaced in place: a new task is healthy before the old one is stopped. */
    restarted: z.array(z.string()),
    /** Whose number of tasks changes. */
    scaled: z.array(z.string()),
    /** Of workers, who take no new task, end what they run, however long that takes, and go. */
    drained: z.array(z.string()),
    /** With all that runs in them. */
    stopped: z.array(z.string()),
  }),
  /** The DAG bundle's digests, when it changes; null is no bundle. */
  bundle: z.strictObject({ from: z.string().nullable(), to: z.string().nullable() }).optional(),
  /** Until all of it is done; 0 when no operation follows. */
  expectedSeconds: z.number().int(),
  /**
   * The queues that go: with the deployment, or once their workers have emptied them, a day later at most. What comes
   * to them then waits in vain.
   */
  tasksAtRisk: z.array(z.string()),
  /** The queues whose waiting tasks another executor queues again, each as its next try. */
  tasksRequeued: z.array(z.string()).optional(),
});
export type Plan = z.infer<typeof Plan>;

/** The plan of an update that takes no operation, as of a name: it is done at once. */
export const AT_ONCE: Plan = {
  kind: 'update',
  components: { started: [], restarted: [], scaled: [], drained: [], stopped: [] },
  expectedSeconds: 0,
  tasksAtRisk: [],
};

/** Measured on two cores (docs/measurements.md): until what starts is healthy, and what is too much has stopped. */
const SECONDS = { create: 10, restart: 31, second: 29, worker: 6, stop: 8, single: 3, publish: 1 } as const;

/** What leads from one revision to another; undefined is nothing, before a create and after a delete. */
export function plan(from: Revision | undefined, to: Revision | undefined): Plan {
  const before = from === undefined ? [] : componentsOf(from);
  const after = to === undefined ? [] : componentsOf(to);
  const started = after.filter(({ name }) => !names(before).includes(name));
  const kept = after.filter((component) => !started.includes(component));
  const restarted = from && to && !serversUnchanged(from.spec, to.spec) ? kept.filter(isServer) : [];
  const scaled = from && to ? kept.filter((component) => isScaled(component, from, to)) : [];
  const components = {
    started: names(started),
    restarted: names(restarted),
    scaled: names(scaled),
    drained: from === undefined || to === undefined ? [] : drainedBetween(from, to),
    stopped: to === undefined ? names(before) : [],
  };
  const bundle = { from: from?.spec.bundle?.digest ?? null, to: to?.spec.bundle?.digest ?? null };
  const [queues, left] = [queuesOf(from), queuesOf(to)];
  return {
    kind: kindOf(from, to),
    components,
    ...(bundle.from === bundle.to ? {} : { bundle }),
    expectedSeconds: seconds({ started, restarted, scaled }, to),
    tasksAtRisk: queues.filter((name) => !left.includes(name)),
    ...(from && to && from.spec.executor !== to.spec.executor
      ? { tasksRequeued: queues.filter((name) => left.includes(name)) }
      : {}),
  };
}

/** Whether the plan starts, restarts, scales or ends any component. */
export function rolls({ components }: Pick<Plan, 'components'>): boolean {
  return Object.values(components).some((services) => services.length > 0);
}

function kindOf(from: Revision | undefined, to: Revision | undefined): OperationKind {
  if (to === undefined) return 'delete';
  if (from === undefined) return 'create';
  const { bundle: old, ...before } = from.spec;
  const { bundle, ...after } = to.spec;
  return isDeepStrictEqual(before, after) && !isDeepStrictEqual(old, bundle) ? 'deploy' : 'update';
}

function isServer({ kind }: Component): boolean {
  return kind !== 'worker';
}

function isScaled(component: Component, { spec: from }: Revision, { spec: to }: Revision): boolean {
  if (component.kind !== 'worker') return from.isHighAvailability !== to.isHighAvailability;
  const old = from.workerQueues.find(({ name }) => name === component.queue.name);
  return old !== undefined && workerCount(old) !== workerCount(component.queue);
}

function queuesOf(revision: Revision | undefined): string[] {
  return revision?.spec.workerQueues.map(({ name }) => name) ?? [];
}

/** All of it goes on at once, and the longest counts; but a restart shares the processors with workers that start. */
function seconds(
  changed: Readonly<Record<'started' | 'restarted' | 'scaled', readonly Component[]>>,
  to: Revision | undefined,
): number {
  const { started, restarted, scaled } = changed;
  if (to === undefined) return SECONDS.stop + SECONDS.publish;
  const hasWorkers = [...started, ...scaled].some((component) => !isServer(component));
  const ofWorkers = hasWorkers ? SECONDS.worker : 0;
  if (restarted.length > 0) return SECONDS.restart + ofWorkers + SECONDS.publish;
  const ofScaled = to.spec.isHighAvailability ? SECONDS.second : SECONDS.single;
  const taken = [
    started.some(isServer) ? SECONDS.create : 0,
    scaled.some(isServer) ? ofScaled : 0,
    ofWorkers,
  ];
  return Math.max(...taken) + SECONDS.publish;
}

function names(components: readonly Component[]): string[] {
  return components.map(({ name }) => name);
}
