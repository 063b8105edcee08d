import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { componentsOf } from '../../../core/component/service.ts';
import { fold, type Intent } from '../../../core/operation/intent.ts';
import { plan, rolls } from '../../../core/operation/plan.ts';
import { generationsOf } from '../../../core/revision/generations.ts';
import { patchBetween } from '../../../core/revision/patch.ts';
import type { Revision, Spec } from '../../../core/revision/schema.ts';
import { anyBundle, anySpec } from '../../support/specs.ts';

const desired = fc.option(anySpec, { nil: undefined });
const intent: fc.Arbitrary<Intent> = fc.oneof(
  anySpec.map((made) => ({ kind: 'create' as const, spec: made })),
  fc
    .tuple(anySpec, anySpec)
    .map(([from, to]) => ({ kind: 'update' as const, patch: patchBetween(from, to) })),
  anySpec.map((made) => ({ kind: 'rollback' as const, revision: 1, spec: made })),
  anyBundle.map((code) => ({ kind: 'deploy' as const, deployId: 'd', bundle: code })),
  fc.constant({ kind: 'delete' as const }),
);

/** A revision of this spec that came from another one. */
function revision(spec: Spec, from?: Revision): Revision {
  const number = (from?.number ?? 0) + 1;
  return { number, spec, generations: generationsOf(from, spec, number) };
}

const names = (of: Revision | undefined) =>
  of === undefined ? [] : componentsOf(of).map(({ name }) => name);

test('folding intents one by one or all at once leads to the same', () => {
  fc.assert(
    fc.property(desired, fc.array(intent), fc.array(intent), (from, first, then) => {
      expect(fold(fold(from, first), then)).toEqual(fold(from, [...first, ...then]));
    }),
  );
});

test('the last bundle that was asked for wins, and nothing comes back after a delete', () => {
  fc.assert(
    fc.property(anySpec, fc.array(anyBundle, { minLength: 1 }), (from, bundles) => {
      const deploys = bundles.map((code) => ({ kind: 'deploy' as const, deployId: 'd', bundle: code }));
      expect(fold(from, deploys)).toEqual({ ...from, bundle: bundles.at(-1) });
      expect(fold(from, [{ kind: 'delete' }, ...deploys])).toBeUndefined();
    }),
  );
});

test('a plan leads from the components of one revision to those of the other, each named once', () => {
  fc.assert(
    fc.property(desired, desired, (before, after) => {
      const from = before && revision(before);
      const to = after && revision(after, from);
      const { started, restarted, scaled, drained, stopped } = plan(from, to).components;
      const kept = names(from).filter((name) => ![...drained, ...stopped].includes(name));
      expect([...kept, ...started].sort()).toEqual(names(to).sort());
      expect(kept).toEqual(expect.arrayContaining([...restarted, ...scaled]));
    }),
  );
});

test('an update ends no running task: what stops are servers in place, and workers once they have drained', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (before, after) => {
      const from = revision(before);
      const { components, tasksAtRisk } = plan(from, revision(after, from));
      const queues = (spec: Spec) => spec.workerQueues.map(({ name }) => name);
      expect(components.stopped).toEqual([]);
      expect(tasksAtRisk).toEqual(queues(before).filter((name) => !queues(after).includes(name)));
      expect(components.restarted.every((name) => ['control', 'api'].includes(name))).toBe(true);
      expect(components.drained.every((name) => name.startsWith('worker-'))).toBe(true);
    }),
  );
});

test('another executor has what waits queued again, in every queue that stays', () => {
  fc.assert(
    fc.property(anySpec, anySpec, (before, after) => {
      const from = revision(before);
      const { tasksAtRisk, tasksRequeued } = plan(from, revision(after, from));
      const queues = before.workerQueues.map(({ name }) => name);
      const staying = queues.filter((name) => !tasksAtRisk.includes(name));
      expect(tasksRequeued).toEqual(before.executor === after.executor ? undefined : staying);
    }),
  );
});

test('a plan to the same revision does nothing, and a new bundle alone rolls nothing', () => {
  fc.assert(
    fc.property(anySpec, anyBundle, (made, code) => {
      const from = revision(made);
      const same = plan(from, revision(made, from));
      expect(rolls(same)).toBe(false);
      expect(same.kind).toBe('update');
      const deployed = plan(from, revision({ ...made, bundle: code }, from));
      expect(deployed.kind).toBe(isDeepStrictEqual(made.bundle, code) ? 'update' : 'deploy');
      expect(rolls(deployed)).toBe(false);
    }),
  );
});

test('how many workers a queue may have is an update, though nothing rolls', () => {
  fc.assert(
    fc.property(anySpec, (made) => {
      const from = revision(made);
      const workerQueues = made.workerQueues.map((queue) => ({ ...queue, maxWorkerCount: 9 }));
      const planned = plan(from, revision({ ...made, workerQueues }, from));
      expect(planned).toMatchObject({ kind: 'update', expectedSeconds: 1 });
      expect(rolls(planned)).toBe(false);
    }),
  );
});

test('a queue gets more workers of the same generation, and fewer of another one', () => {
  fc.assert(
    fc.property(anySpec, (made) => {
      const from = revision(made);
      const more = made.workerQueues.map((queue) => ({ ...queue, minWorkerCount: 2, maxWorkerCount: 4 }));
      const to = revision({ ...made, workerQueues: more }, from);
      expect(to.generations).toEqual(from.generations);
      const workers = names(from).filter((name) => name.startsWith('worker-'));
      const nothing = { started: [], restarted: [], scaled: [], drained: [], stopped: [] };
      expect(plan(from, to).components).toEqual({ ...nothing, scaled: workers });
      const back = revision(made, to);
      expect(plan(to, back).components).toEqual({
        ...nothing,
        started: workers.map((name) => name.replace(/-\d+$/, `-${back.number}`)),
        drained: workers,
      });
    }),
  );
});

test('a change takes as long as the slowest of what it does, a restart with workers longer', () => {
  fc.assert(
    fc.property(anySpec, (made) => {
      const from = revision({ ...made, schedulerSize: 'SMALL', isHighAvailability: false });
      const seconds = (change: Partial<Spec>, before = from) =>
        plan(before, revision({ ...before.spec, ...change }, before)).expectedSeconds;
      const doubled = revision({ ...from.spec, isHighAvailability: true }, from);
      expect(plan(undefined, from).expectedSeconds).toBe(11);
      expect(plan(from, undefined).expectedSeconds).toBe(9);
      expect(seconds({ schedulerSize: 'LARGE' })).toBe(32);
      expect(seconds({ schedulerSize: 'LARGE', isHighAvailability: true })).toBe(32);
      expect(seconds({ isHighAvailability: true })).toBe(30);
      expect(seconds({ isHighAvailability: false }, doubled)).toBe(4);
      expect(seconds({ runtimeVersion: '3.3-1' })).toBe(38);
      expect(seconds({})).toBe(1);
    }),
  );
});

test('no generation of a queue is ever used for workers that run something else', () => {
  fc.assert(
    fc.property(fc.array(anySpec, { minLength: 2 }), (specs) => {
      const ran = new Map<string, unknown>();
      let last: Revision | undefined;
      for (const spec of specs) {
        last = revision(spec, last);
        for (const component of componentsOf(last)) {
          if (component.kind !== 'worker') continue;
          const { astroMachine, workerConcurrency } = component.queue;
          const variables = spec.environmentVariables.map(({ key, variableSetId }) => [key, variableSetId]);
          const runs = [astroMachine, workerConcurrency, spec.runtimeVersion, variables.toSorted()];
          expect(ran.get(component.name) ?? runs).toEqual(runs);
          ran.set(component.name, runs);
        }
      }
    }),
  );
});

test('a create starts everything, a delete stops everything and puts the tasks of each queue at risk', () => {
  fc.assert(
    fc.property(anySpec, (spec) => {
      const made = revision(spec);
      expect(plan(undefined, made)).toMatchObject({
        kind: 'create',
        components: { started: names(made), restarted: [], scaled: [], drained: [], stopped: [] },
      });
      expect(plan(made, undefined)).toMatchObject({
        kind: 'delete',
        components: { started: [], restarted: [], scaled: [], drained: [], stopped: names(made) },
        tasksAtRisk: spec.workerQueues.map(({ name }) => name),
      });
    }),
  );
});
