import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from '../../../core/deployment/view.ts';
import type { Operation } from '../../../core/operation/view.ts';

/** What of a deployment is changed; its queues are names by their ids. */
export interface Model {
  readonly executor: string;
  readonly runtimeVersion: string;
  readonly size: string;
  readonly isDoubled: boolean;
  readonly variables: Readonly<Record<string, string>>;
  readonly queues: Readonly<Record<string, string>>;
  readonly code: string | undefined;
}

/** What one intent changes. */
export type Change =
  | { readonly kind: 'set'; readonly fields: Partial<Model> }
  | { readonly kind: 'variable'; readonly key: string; readonly value: string }
  | { readonly kind: 'add queue'; readonly id: string; readonly name: string }
  | { readonly kind: 'rename queue'; readonly id: string; readonly name: string }
  | { readonly kind: 'remove queue'; readonly id: string }
  | { readonly kind: 'rollback'; readonly to: Model };

/** What a change means, whatever it is made on. A queue takes the place of one that has its name by then. */
export function changed(model: Model, change: Change): Model {
  const { variables } = model;
  switch (change.kind) {
    case 'set':
      return { ...model, ...change.fields };
    case 'variable':
      return { ...model, variables: { ...variables, [change.key]: change.value } };
    case 'add queue':
      return withQueue(model, change);
    case 'rename queue':
      return change.id in model.queues ? withQueue(model, change) : model;
    case 'remove queue':
      return { ...model, queues: queuesBut(model, ([id]) => id === change.id) };
    case 'rollback':
      return change.to;
  }
}

function withQueue(model: Model, { id, name }: { id: string; name: string }): Model {
  const others = queuesBut(model, ([, other]) => other === name);
  return { ...model, queues: { ...others, [id]: name } };
}

function queuesBut({ queues }: Model, goes: (queue: [id: string, name: string]) => boolean) {
  return Object.fromEntries(Object.entries(queues).filter((queue) => !goes(queue)));
}

/** Whether a change asks for what is there. */
export function changesNothing(model: Model, change: Change): boolean {
  return isDeepStrictEqual(model, changed(model, change));
}

/**
 * What runs, and what each revision has, when of the intents after the create those were carried out whose operations
 * succeeded. Operations are in their order.
 */
export function carriedOut(first: Model, intents: readonly Change[], operations: readonly Operation[]) {
  const revisions = new Map<number, Model>();
  let running = first;
  for (const { status, intents: carried, toRevision } of operations) {
    if (status !== 'SUCCEEDED') continue;
    running = intents.slice(Math.max(0, carried.first - 2), carried.last - 1).reduce(changed, running);
    if (toRevision !== undefined) revisions.set(toRevision, running);
  }
  return { running, revisions };
}

/** What a deployment is to run. */
export function modelOf(deployment: Deployment): Model {
  const { environmentVariables, workerQueues } = deployment;
  return {
    executor: deployment.executor,
    runtimeVersion: deployment.runtimeVersion,
    size: deployment.schedulerSize,
    isDoubled: deployment.isHighAvailability,
    variables: Object.fromEntries(environmentVariables.map(({ key, value = '' }) => [key, value])),
    queues: Object.fromEntries(workerQueues.map(({ id, name }) => [id, name])),
    code: deployment.desiredDagTarballVersion,
  };
}
