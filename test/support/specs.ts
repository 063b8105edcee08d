import fc from 'fast-check';
import type { Bundle, EnvironmentVariable, Spec, WorkerQueue } from '../../core/revision/schema.ts';
import { spec } from './spec.ts';

const digest = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 64, maxLength: 64 });

/** Any DAG bundle. */
export const anyBundle: fc.Arbitrary<Bundle> = fc.record({
  digest,
  version: fc.string({ minLength: 1, maxLength: 5 }),
});

/** Any queue of this name; its id says the name, as long as it is not renamed. */
const anyQueue = (name: string): fc.Arbitrary<WorkerQueue> =>
  fc.record({
    id: fc.constant(name),
    name: fc.constant(name),
    isDefault: fc.constant(name === 'default'),
    astroMachine: fc.constantFrom('A5' as const, 'A10' as const),
    minWorkerCount: fc.integer({ min: 0, max: 1 }),
    maxWorkerCount: fc.integer({ min: 1, max: 3 }),
    workerConcurrency: fc.constantFrom(5, 10),
  });

/** Any variable of this key, secret or not. */
const anyVariable = (key: string): fc.Arbitrary<EnvironmentVariable> =>
  fc
    .record({ isSecret: fc.boolean(), value: fc.constantFrom('x', 'y'), set: fc.constantFrom('s1', 's2') })
    .map(({ isSecret, value, set }) => ({
      key,
      isSecret,
      ...(isSecret ? {} : { value }),
      updatedAt: '2026-01-01T00:00:00.000Z',
      variableSetId: set,
    }));

/** Any sound spec. */
export const anySpec: fc.Arbitrary<Spec> = fc
  .record({
    schedulerSize: fc.constantFrom('SMALL' as const, 'LARGE' as const),
    executor: fc.constantFrom('ASTRO' as const, 'CELERY' as const),
    isHighAvailability: fc.boolean(),
    queues: fc
      .uniqueArray(fc.constantFrom('big', 'small', 'other'))
      .chain((names) => fc.tuple(...['default', ...names].map(anyQueue))),
    variables: fc
      .uniqueArray(fc.constantFrom('A', 'B', 'C'))
      .chain((keys) => fc.tuple(...keys.map(anyVariable))),
    bundle: fc.option(anyBundle, { nil: undefined }),
  })
  .map(({ queues, variables, bundle, ...rest }) =>
    spec({
      ...rest,
      workerQueues: queues,
      environmentVariables: variables,
      ...(bundle === undefined ? {} : { bundle }),
    }),
  );
