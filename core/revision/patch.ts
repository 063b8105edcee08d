import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { EnvironmentVariable, Spec, WorkerQueue } from './schema.ts';

/**
 * How a list whose items have a key is changed. What is added takes the place of what has its key; an item that is
 * changed and not there any more stays away.
 */
function listPatch<T extends z.ZodRawShape>(item: z.ZodObject<T>) {
  return z.strictObject({
    added: z.array(item),
    changed: z.array(z.strictObject({ key: z.string(), fields: item.partial() })),
    removed: z.array(z.string()),
  });
}

/** What of a spec is changed as a whole. */
const Fields = Spec.pick({
  runtimeVersion: true,
  executor: true,
  schedulerSize: true,
  isHighAvailability: true,
}).strip();

/**
 * What of a spec one request changes, and nothing else of it: of two that are asked for at the same time each keeps
 * its own when the other one fails. Its DAG bundle is a deploy's to change.
 */
export const SpecPatch = Fields.partial()
  .extend({
    /** By their ids. */
    workerQueues: listPatch(WorkerQueue).optional(),
    /** By their keys. */
    environmentVariables: listPatch(EnvironmentVariable).optional(),
  })
  .strict();
export type SpecPatch = z.infer<typeof SpecPatch>;

type Changes<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

type ListPatch<T> = {
  readonly added: readonly T[];
  readonly changed: readonly { readonly key: string; readonly fields: Changes<T> }[];
  readonly removed: readonly string[];
};

const idOf = ({ id }: WorkerQueue) => id;
const keyOf = ({ key }: EnvironmentVariable) => key;

/** What leads from one spec to another; empty when they are the same but for the order of their lists. */
export function patchBetween(from: Spec, to: Spec): SpecPatch {
  const queues = listBetween(from.workerQueues, to.workerQueues, idOf, () => false);
  const variables = listBetween(from.environmentVariables, to.environmentVariables, keyOf, hasNewValue);
  return {
    ...changedFields(Fields.parse(from), Fields.parse(to)),
    ...(queues === undefined ? {} : { workerQueues: queues }),
    ...(variables === undefined ? {} : { environmentVariables: variables }),
  };
}

/** The spec with the patch applied; it throws when there is no queue left. */
export function applyPatch(spec: Spec, { workerQueues, environmentVariables, ...fields }: SpecPatch): Spec {
  return Spec.parse({
    ...spec,
    ...fields,
    workerQueues: applyToQueues(spec.workerQueues, workerQueues),
    environmentVariables: applyList(spec.environmentVariables, environmentVariables, keyOf).map(
      withoutSecretValue,
    ),
  });
}

/** The queues with the patch applied: one that it adds or renames takes the place of another one of its name. */
export function applyToQueues(
  present: readonly WorkerQueue[],
  patch: SpecPatch['workerQueues'],
): WorkerQueue[] {
  const queues = applyList(present, patch, idOf);
  const renamed = patch?.changed.filter(({ fields }) => fields.name !== undefined) ?? [];
  const named = new Set([...(patch?.added.map(idOf) ?? []), ...renamed.map(({ key }) => key)]);
  const taken = new Set(queues.filter(({ id }) => named.has(id)).map(({ name }) => name));
  return queues.filter(({ id, name }) => named.has(id) || !taken.has(name));
}

/** A value that was given is the request's own, whatever became of the one before. */
function hasNewValue(old: EnvironmentVariable, variable: EnvironmentVariable): boolean {
  return old.variableSetId !== variable.variableSetId;
}

/** `replaces` says of an item that is there whether the new one is one of its own rather than a change of it. */
function listBetween<T extends object>(
  from: readonly T[],
  to: readonly T[],
  keyOfItem: (item: T) => string,
  replaces: (old: T, item: T) => boolean,
) {
  const before = new Map(from.map((item) => [keyOfItem(item), item]));
  const after = new Set(to.map(keyOfItem));
  const isAdded = (item: T) => {
    const old = before.get(keyOfItem(item));
    return old === undefined || replaces(old, item);
  };
  const patch = {
    added: to.filter(isAdded),
    changed: to.flatMap((item) => {
      const old = before.get(keyOfItem(item));
      const fields = old === undefined || isAdded(item) ? {} : changedFields(old, item);
      return Object.keys(fields).length === 0 ? [] : [{ key: keyOfItem(item), fields }];
    }),
    removed: from.map(keyOfItem).filter((key) => !after.has(key)),
  };
  return Object.values(patch).every((part) => part.length === 0) ? undefined : patch;
}

/** Items that were added stay once if the patch is applied twice; a changed one that is gone is not brought back. */
function applyList<T extends object>(
  items: readonly T[],
  patch: ListPatch<T> | undefined,
  keyOfItem: (item: T) => string,
): T[] {
  if (patch === undefined) return [...items];
  const changes = new Map(patch.changed.map(({ key, fields }) => [key, fields]));
  const added = new Set(patch.added.map(keyOfItem));
  return [
    ...items
      .filter((item) => !patch.removed.includes(keyOfItem(item)) && !added.has(keyOfItem(item)))
      .map((item) => ({ ...item, ...changes.get(keyOfItem(item)) })),
    ...patch.added,
  ];
}

function changedFields<T extends object>(from: T, to: T): Changes<T> {
  const entries = Object.entries(to).filter(
    ([name, value]) => !isDeepStrictEqual(Reflect.get(from, name), value),
  );
  return Object.fromEntries(entries) as Changes<T>;
}

/** A variable that became secret is shown no more. */
function withoutSecretValue({ value, ...variable }: EnvironmentVariable): EnvironmentVariable {
  return variable.isSecret || value === undefined ? variable : { ...variable, value };
}
