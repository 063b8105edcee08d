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

/** What a change means, whatever it is made on. A queue whose name is another's by then is as it was. */
export function changed(model: Model, change: Change): Model {
  const { queues, variables } = model;
  switch (change.kind) {
    case 'set':
      return { ...model, ...change.fields };
    case 'variable':
      return { ...model, variables: { ...variables, [change.key]: change.value } };
    case 'add queue':
      return nameIsTaken(model, change)
        ? model
        : { ...model, queues: { ...queues, [change.id]: change.name } };
    case 'rename queue':
      return change.id in queues && !nameIsTaken(model, change)
        ? { ...model, queues: { ...queues, [change.id]: change.name } }
        : model;
    case 'remove queue': {
      const { [change.id]: _, ...others } = queues;
      return { ...model, queues: others };
    }
    case 'rollback':
      return change.to;
  }
}

function nameIsTaken({ queues }: Model, { id, name }: { id: string; name: string }): boolean {
  return Object.entries(queues).some(([otherId, other]) => otherId !== id && other === name);
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
