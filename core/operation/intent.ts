import { z } from 'zod';
import { queueErrors } from '../deployment/queues.ts';
import { applyPatch, SpecPatch } from '../revision/patch.ts';
import { Bundle, Spec } from '../revision/schema.ts';

/** A change that was asked for. Intents are kept, in order, and never changed. */
export const Intent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create'), spec: Spec }),
  z.strictObject({ kind: z.literal('update'), patch: SpecPatch }),
  z.strictObject({ kind: z.literal('rollback'), revision: z.number().int(), spec: Spec }),
  z.strictObject({ kind: z.literal('deploy'), deployId: z.string(), bundle: Bundle }),
  z.strictObject({ kind: z.literal('delete') }),
]);
export type Intent = z.infer<typeof Intent>;

/** What a deployment is to run: a spec, or nothing. */
export type Desired = Spec | undefined;

/** What is desired after these intents, in their order. Nothing is left of a deployment once it is deleted. */
export function fold(desired: Desired, intents: readonly Intent[]): Desired {
  return intents.reduce(apply, desired);
}

function apply(desired: Desired, intent: Intent): Desired {
  switch (intent.kind) {
    case 'create':
    case 'rollback':
      return intent.spec;
    case 'update':
      return desired === undefined ? undefined : patched(desired, intent.patch);
    case 'deploy':
      return desired === undefined ? undefined : { ...desired, bundle: intent.bundle };
    case 'delete':
      return undefined;
  }
}

/**
 * A patch fitted the spec that it was asked for. When an earlier intent failed, what is left may not go together any
 * more, two queues of one name for example: then it changes nothing.
 */
function patched(spec: Spec, patch: SpecPatch): Spec {
  const next = applyPatch(spec, patch);
  return queueErrors(next.workerQueues).length === 0 ? next : spec;
}
