import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPatch, patchBetween } from '../../../core/revision/patch.ts';
import type { Spec } from '../../../core/revision/schema.ts';
import { spec } from '../../support/spec.ts';
import { anySpec } from '../../support/specs.ts';

/** A spec whose lists' order says nothing. */
function unordered({ workerQueues, environmentVariables, ...rest }: Spec) {
  return {
    ...rest,
    workerQueues: workerQueues.toSorted((a, b) => a.id.localeCompare(b.id)),
    environmentVariables: environmentVariables.toSorted((a, b) => a.key.localeCompare(b.key)),
  };
}

test('a patch leads from the one spec to the other, once or twice applied, and leaves the bundle alone', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (from, to) => {
      const patch = patchBetween(from, to);
      const { bundle: _, ...wanted } = to;
      const { bundle, ...applied } = applyPatch(from, patch);
      expect(bundle).toEqual(from.bundle);
      expect(unordered(applied as Spec)).toEqual(unordered(wanted as Spec));
      expect(applyPatch(applyPatch(from, patch), patch)).toEqual(applyPatch(from, patch));
    }),
  );
});

test('a patch survives JSON, as the table keeps it', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (from, to) => {
      const patch = patchBetween(from, to);
      expect(applyPatch(from, JSON.parse(JSON.stringify(patch)))).toEqual(applyPatch(from, patch));
    }),
  );
});

test('specs that are the same need nothing', () => {
  fc.assert(
    fc.property(anySpec, (same) => {
      expect(patchBetween(same, same)).toEqual({});
    }),
  );
});

test('what somebody else changed is not in it: it stays, and what failed does not come along', () => {
  const [queue] = spec().workerQueues;
  if (queue === undefined) throw new Error('There is no queue');
  const big = { ...queue, id: 'cbig', name: 'big', isDefault: false, astroMachine: 'A40' as const };
  const first = spec({ workerQueues: [queue, big], schedulerSize: 'LARGE' });
  const second = spec({ ...first, workerQueues: [queue, { ...big, maxWorkerCount: 9 }] });
  const patch = patchBetween(first, { ...second, isHighAvailability: true });
  expect(applyPatch(first, patch)).toEqual({ ...second, isHighAvailability: true });
  expect(applyPatch(spec(), patch)).toEqual(spec({ isHighAvailability: true }));
});
