import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from '../../../core/deployment/view.ts';
import type { Operation } from '../../../core/operation/view.ts';

/** What of a deployment is changed; its queues go by their ids. */
export interface Model {
  readonly executor: string;
  readonly runtimeVersion: string;
  readonly size: string;
  readonly isDoubled: boolean;
  readonly variables: Readonly<Record<string, Variable>>;
  readonly queues: Readonly<Record<string, Queue>>;
  readonly code: string | undefined;
}

/** A secret's value is unknown where a deployment's answer is all there is. */
export interface Variable {
  readonly value: string | undefined;
  readonly isSecret: boolean;
}

export interface Queue {
  readonly name: string;
  readonly astroMachine: string;
  readonly workerConcurrency: number;
  readonly minWorkerCount: number;
}

/** What one intent changes. */
export type Change =
  | { readonly kind: 'set'; readonly fields: Partial<Model> }
  | { readonly kind: 'variable'; readonly key: string; readonly variable: Variable }
  | { readonly kind: 'hide variable'; readonly key: string }
  | { readonly kind: 'remove variable'; readonly key: string }
  | { readonly kind: 'add queue'; readonly id: string; readonly queue: Queue }
  | { readonly kind: 'change queue'; readonly id: string; readonly fields: Partial<Queue> }
  | { readonly kind: 'remove queue'; readonly id: string }
  | { readonly kind: 'rollback'; readonly to: Model }
  | { readonly kind: 'all'; readonly changes: readonly Change[] };

/** What a change means, whatever it is made on. A queue takes the place of one that has its name by then. */
export function changed(model: Model, change: Change): Model {
  const { variables } = model;
  switch (change.kind) {
    case 'set':
      return { ...model, ...change.fields };
    case 'variable':
      return { ...model, variables: { ...variables, [change.key]: change.variable } };
    case 'hide variable': {
      const variable = variables[change.key];
      if (variable === undefined) return model;
      return { ...model, variables: { ...variables, [change.key]: { ...variable, isSecret: true } } };
    }
    case 'remove variable':
      return { ...model, variables: without(variables, change.key) };
    case 'add queue':
      return withQueue(model, change.id, change.queue);
    case 'change queue': {
      const queue = model.queues[change.id];
      return queue === undefined ? model : withQueue(model, change.id, { ...queue, ...change.fields });
    }
    case 'remove queue':
      return { ...model, queues: without(model.queues, change.id) };
    case 'rollback':
      return change.to;
    case 'all':
      return change.changes.reduce(changed, model);
  }
}

function withQueue(model: Model, id: string, queue: Queue): Model {
  const others = Object.entries(model.queues).filter(([, { name }]) => name !== queue.name);
  return { ...model, queues: { ...Object.fromEntries(others), [id]: queue } };
}

function without<T>(items: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(items).filter(([name]) => name !== key));
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
    variables: Object.fromEntries(
      environmentVariables.map(({ key, value, isSecret }) => [key, { value, isSecret }]),
    ),
    queues: Object.fromEntries(
      workerQueues.map(({ id, name, astroMachine, workerConcurrency, minWorkerCount }) => [
        id,
        { name, astroMachine, workerConcurrency, minWorkerCount },
      ]),
    ),
    code: deployment.desiredDagTarballVersion,
  };
}

/** What of a model a deployment's answer shows. */
export function shown(model: Model): Model {
  const variables = Object.entries(model.variables).map(
    ([key, { value, isSecret }]) => [key, { value: isSecret ? undefined : value, isSecret }] as const,
  );
  return { ...model, variables: Object.fromEntries(variables) };
}

/** The variables' values by their keys, as components have them. */
export function valuesOf({ variables }: Model): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(variables).map(([key, { value }]) => [key, value]));
}
