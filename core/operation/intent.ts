import { z } from 'zod';
import { fitPatch } from '../revision/fit.ts';
import { SpecPatch } from '../revision/patch.ts';
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

/** What is desired after some intents, and what of them is left out as it does not go together with what was there. */
export interface Carried {
  readonly desired: Desired;
  readonly leftOut: readonly string[];
}

/** What is desired after these intents, in their order. Nothing is left of a deployment once it is deleted. */
export function fold(desired: Desired, intents: readonly Intent[]): Desired {
  return carry(desired, intents).desired;
}

/** What is desired after these intents, and what of them is left out: something only when one before them failed. */
export function carry(desired: Desired, intents: readonly Intent[]): Carried {
  return intents.reduce<Carried>((before, intent) => {
    const { desired: after, leftOut } = apply(before.desired, intent);
    return { desired: after, leftOut: [...before.leftOut, ...leftOut] };
  }, whole(desired));
}

function apply(desired: Desired, intent: Intent): Carried {
  switch (intent.kind) {
    case 'create':
    case 'rollback':
      return whole(intent.spec);
    case 'update': {
      if (desired === undefined) return whole(undefined);
      const { spec, leftOut } = fitPatch(desired, intent.patch);
      return { desired: spec, leftOut };
    }
    case 'deploy':
      return whole(desired && { ...desired, bundle: intent.bundle });
    case 'delete':
      return whole(undefined);
  }
}

function whole(desired: Desired): Carried {
  return { desired, leftOut: [] };
}
