import fc from 'fast-check';
import { expect, test } from 'vitest';
import { queueErrors } from '../../../core/deployment/queues.ts';
import { carry, fold, type Intent } from '../../../core/operation/intent.ts';
import { patchBetween } from '../../../core/revision/patch.ts';
import type { EnvironmentVariable, Spec, WorkerQueue } from '../../../core/revision/schema.ts';
import { spec } from '../../support/spec.ts';
import { anySpec } from '../../support/specs.ts';

const [standard] = spec().workerQueues;
const queue = (id: string, name: string, changes: Partial<WorkerQueue> = {}): WorkerQueue => ({
  ...(standard as WorkerQueue),
  id,
  name,
  isDefault: name === 'default',
  ...changes,
});
const DEFAULT = queue('cdefault', 'default');
const of = (...workerQueues: WorkerQueue[]): Spec => spec({ workerQueues });

/** What is left of the changes after the first, each asked for by looking at the one before, when the first fails. */
function afterFailure(running: Spec, failed: Spec, ...wanted: Spec[]) {
  const intents = wanted.map((to, index): Intent => {
    return { kind: 'update', patch: patchBetween(wanted[index - 1] ?? failed, to) };
  });
  const carried = carry(running, intents);
  expect(carried.desired).toEqual(fold(running, intents));
  return carried;
}

test('a queue that is asked for takes the place of one of its name, and the rest comes along', () => {
  const larger = queue('cnew', 'big', { astroMachine: 'A20' });
  const wanted = { ...of(DEFAULT, larger), schedulerSize: 'LARGE' as const };
  const running = of(DEFAULT, queue('cold', 'big'));
  expect(afterFailure(running, of(DEFAULT), wanted)).toEqual({ desired: wanted, leftOut: [] });
});

test('what is asked of that queue afterwards is made too', () => {
  const running = of(DEFAULT, queue('cold', 'big'));
  const [added, more] = [queue('cnew', 'big'), queue('cnew', 'big', { minWorkerCount: 2 })];
  expect(afterFailure(running, of(DEFAULT), of(DEFAULT, added), of(DEFAULT, more)).desired).toEqual(
    of(DEFAULT, more),
  );
  expect(afterFailure(running, of(DEFAULT), of(DEFAULT, added), of(DEFAULT)).desired).toEqual(of(DEFAULT));
});

test('a queue takes the place of one whose name it is given', () => {
  const running = of(DEFAULT, queue('cbig', 'big'), queue('csmall', 'small'));
  const renamed = of(DEFAULT, queue('csmall', 'big'));
  expect(afterFailure(running, of(DEFAULT, queue('csmall', 'small')), renamed)).toEqual({
    desired: renamed,
    leftOut: [],
  });
});

test('queues that are too many together are left out, the last ones, and nothing else is', () => {
  const queues = Array.from({ length: 19 }, (_, index) => queue(`c${index}`, `q${index}`));
  const added = [queue('cx', 'x'), queue('cy', 'y')];
  const failed = of(DEFAULT, ...queues.slice(1));
  const wanted = { ...of(DEFAULT, ...queues.slice(2), ...added), schedulerSize: 'LARGE' as const };
  const carried = afterFailure(of(DEFAULT, ...queues), failed, wanted);
  expect(carried.desired).toEqual({
    ...of(DEFAULT, queues[0] as WorkerQueue, ...queues.slice(2), added[0] as WorkerQueue),
    schedulerSize: 'LARGE',
  });
  expect(carried.leftOut).toEqual(['queue y: workerQueues must be at most 20 queues']);
});

test('a change of a queue that cannot be is left out, and the others are made', () => {
  const running = of(DEFAULT, queue('cbig', 'big', { maxWorkerCount: 5 }));
  const failed = of(DEFAULT, queue('cbig', 'big', { maxWorkerCount: 9 }));
  const wanted = of(
    { ...DEFAULT, minWorkerCount: 1 },
    queue('cbig', 'big', { maxWorkerCount: 9, minWorkerCount: 7 }),
  );
  expect(afterFailure(running, failed, wanted)).toEqual({
    desired: of({ ...DEFAULT, minWorkerCount: 1 }, queue('cbig', 'big', { maxWorkerCount: 5 })),
    leftOut: ['queue big: workerQueues[1].minWorkerCount must not be above maxWorkerCount'],
  });
});

test('the queue that is the default one stays, whatever it was called meanwhile', () => {
  const other = queue('cother', 'default');
  const failed = of(queue('cdefault', 'former'), other);
  const wanted = { ...of(other), isHighAvailability: true };
  expect(afterFailure(of(DEFAULT), failed, wanted)).toEqual({
    desired: { ...of(DEFAULT), isHighAvailability: true },
    leftOut: ['queue default: workerQueues must have a queue named default'],
  });
});

test('what is asked of what was never made is told', () => {
  const variable: EnvironmentVariable = { key: 'A', isSecret: false, updatedAt: '', variableSetId: 's' };
  const failed = { ...of(DEFAULT, queue('cbig', 'big')), environmentVariables: [variable] };
  const wanted = {
    ...of(DEFAULT, queue('cbig', 'big', { astroMachine: 'A10' })),
    environmentVariables: [{ ...variable, isSecret: true }],
  };
  expect(afterFailure(of(DEFAULT), failed, wanted)).toEqual({
    desired: of(DEFAULT),
    leftOut: ['queue cbig: there is none any more', 'variable A: there is none any more'],
  });
});

test('whatever fails before a change, what is left of it is sound, and takes all that is not a queue', () => {
  const anyQueues = fc.constantFrom('a', 'b').chain((id) =>
    anySpec.map((any) => ({
      ...any,
      environmentVariables: [],
      workerQueues: any.workerQueues.map((one) => ({ ...one, id: `${id}${one.id}` })),
    })),
  );
  fc.assert(
    fc.property(anyQueues, anyQueues, anyQueues, (running, failed, wanted) => {
      const { workerQueues, bundle: _, ...rest } = afterFailure(running, failed, wanted).desired ?? running;
      expect(queueErrors(workerQueues)).toEqual([]);
      const { workerQueues: __, ...fields } = patchBetween(failed, wanted);
      expect(rest).toMatchObject(fields);
    }),
  );
});
