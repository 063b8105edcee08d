import { queueErrors } from '../deployment/queues.ts';
import { applyPatch, applyToQueues, type SpecPatch } from './patch.ts';
import type { Spec } from './schema.ts';

/** A spec with as much of a patch as goes together with it, and what does not, in words for whoever asked for it. */
export interface Fitted {
  readonly spec: Spec;
  readonly leftOut: readonly string[];
}

/**
 * Applies a patch to another spec than it was asked for, as what a failed change leaves is. It may change what was
 * never made; and its queues may not go together with those that are there any more, for they are too many, say.
 */
export function fitPatch(spec: Spec, patch: SpecPatch): Fitted {
  const { fitting, leftOut } = fitQueues(spec, patch);
  const fitted = applyPatch(spec, fitting);
  return { spec: fitted, leftOut: [...leftOut, ...neverMade(fitted, fitting)] };
}

/**
 * The patch without those of its queues that would make the whole unsound: the last one whose absence mends anything,
 * time and again.
 */
function fitQueues(spec: Spec, patch: SpecPatch): { fitting: SpecPatch; leftOut: readonly string[] } {
  const errors = errorsOf(spec, patch);
  const ids = idsOf(patch);
  const mends = (id: string) => errorsOf(spec, withoutQueue(patch, id)).length < errors.length;
  const wrong = errors.length === 0 ? undefined : (ids.findLast(mends) ?? ids.at(-1));
  if (wrong === undefined) return { fitting: patch, leftOut: [] };
  const { fitting, leftOut } = fitQueues(spec, withoutQueue(patch, wrong));
  const why = errors.map(({ field, message }) => `${field} ${message}`).join(', ');
  return { fitting, leftOut: [`queue ${nameOf(wrong, spec, patch)}: ${why}`, ...leftOut] };
}

function errorsOf({ workerQueues }: Spec, patch: SpecPatch) {
  return queueErrors(applyToQueues(workerQueues, patch.workerQueues));
}

/** The queues that a patch speaks of, those that it adds last. */
function idsOf({ workerQueues }: SpecPatch): string[] {
  if (workerQueues === undefined) return [];
  const { added, changed, removed } = workerQueues;
  return [...removed, ...changed.map(({ key }) => key), ...added.map(({ id }) => id)];
}

function withoutQueue(patch: SpecPatch, queueId: string): SpecPatch {
  if (patch.workerQueues === undefined) return patch;
  const { added, changed, removed } = patch.workerQueues;
  return {
    ...patch,
    workerQueues: {
      added: added.filter(({ id }) => id !== queueId),
      changed: changed.filter(({ key }) => key !== queueId),
      removed: removed.filter((id) => id !== queueId),
    },
  };
}

/** The name of a queue that a patch speaks of, as far as it is known. */
function nameOf(queueId: string, { workerQueues }: Spec, patch: SpecPatch): string {
  const queues = [...workerQueues, ...(patch.workerQueues?.added ?? [])];
  return queues.find(({ id }) => id === queueId)?.name ?? queueId;
}

/** What a patch changes and is not there: a change that failed would have made it. */
function neverMade({ workerQueues, environmentVariables }: Spec, patch: SpecPatch): string[] {
  const ids = new Set(workerQueues.map(({ id }) => id));
  const keys = new Set(environmentVariables.map(({ key }) => key));
  const missing = (what: string, changed: readonly { key: string }[] = [], there: ReadonlySet<string>) =>
    changed.flatMap(({ key }) => (there.has(key) ? [] : [`${what} ${key}: there is none any more`]));
  return [
    ...missing('queue', patch.workerQueues?.changed, ids),
    ...missing('variable', patch.environmentVariables?.changed, keys),
  ];
}
