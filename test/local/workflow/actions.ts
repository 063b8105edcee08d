import fc from 'fast-check';
import type { Deployment } from '../../../core/deployment/view.ts';
import { type Change, changesNothing, modelOf, type Queue } from './model.ts';

/** An update of a deployment that somebody asks for, looking at what is desired then. */
export type Update =
  | { readonly kind: 'size'; readonly size: string }
  | { readonly kind: 'double'; readonly isDoubled: boolean }
  | { readonly kind: 'executor'; readonly executor: string }
  | { readonly kind: 'version'; readonly runtimeVersion: string }
  | { readonly kind: 'variable'; readonly key: string; readonly value: string; readonly isSecret: boolean }
  | { readonly kind: 'hide' | 'unset'; readonly key: string }
  | { readonly kind: 'queue'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'resize'; readonly name: string; readonly fields: Partial<Queue> }
  /** In one request, each of another field of it. */
  | { readonly kind: 'both'; readonly updates: readonly Update[] };

/** What somebody asks for; or what happens meanwhile. */
export type Action =
  | Update
  | { readonly kind: 'at once'; readonly updates: readonly Update[] }
  | { readonly kind: 'describe'; readonly description: string }
  | { readonly kind: 'deploy'; readonly text: string }
  | { readonly kind: 'rollback' | 'redeploy'; readonly nth: number }
  | { readonly kind: 'wait' | 'stop' | 'restart' };

const word = fc.constantFrom('1', '2', '3');
const key = fc.constantFrom('A', 'B');
const always = <const Kind extends string>(kind: Kind) => fc.constant(kind);

const field: fc.Arbitrary<Update> = fc.oneof(
  fc.record({ kind: always('size'), size: fc.constantFrom('SMALL', 'MEDIUM', 'LARGE') }),
  fc.record({ kind: always('double'), isDoubled: fc.boolean() }),
  fc.record({ kind: always('executor'), executor: fc.constantFrom('ASTRO', 'CELERY') }),
  fc.record({ kind: always('version'), runtimeVersion: fc.constantFrom('3.3-1', '3.3-2') }),
);

const ofVariables: fc.Arbitrary<Update> = fc.oneof(
  fc.record({ kind: always('variable'), key, value: word, isSecret: fc.boolean() }),
  fc.record({
    kind: always('variable'),
    key: always('FAIL'),
    value: fc.constantFrom('scheduler', 'api-server', 'worker'),
    isSecret: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('hide' as const, 'unset' as const), key }),
);

const resize: fc.Arbitrary<Update> = fc.record({
  kind: always('resize'),
  name: fc.constantFrom('default', 'big', 'small'),
  fields: fc.oneof(
    fc.record({ astroMachine: fc.constantFrom('A5', 'A10') }),
    fc.record({ workerConcurrency: fc.constantFrom(5, 10) }),
    fc.record({ minWorkerCount: fc.constantFrom(0, 1, 2) }),
  ),
});

const ofQueues: fc.Arbitrary<Update> = fc.oneof(
  fc.record({ kind: always('queue'), name: fc.constantFrom('big', 'small') }),
  fc.constantFrom<Update>(
    { kind: 'rename', from: 'big', to: 'small' },
    { kind: 'rename', from: 'small', to: 'big' },
  ),
  resize,
);

const update = fc.oneof(field, ofVariables, ofQueues);

export const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: field },
  { weight: 3, arbitrary: ofVariables },
  { weight: 3, arbitrary: ofQueues },
  fc.tuple(field, fc.oneof(ofVariables, resize)).map((updates) => ({ kind: 'both' as const, updates })),
  fc.tuple(update, update).map((updates) => ({ kind: 'at once' as const, updates })),
  fc.record({ kind: always('describe'), description: word }),
  { weight: 2, arbitrary: fc.record({ kind: always('deploy'), text: word }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('rollback' as const, 'redeploy' as const),
      nth: fc.nat(20),
    }),
  },
  fc.constantFrom<Action>({ kind: 'stop' }, { kind: 'restart' }),
  fc.record({ kind: always('wait') }),
);

/** The request for it; empty when it needs a queue or a variable that there is not. */
export function requestOf(next: Update, desired: Deployment): object {
  const queues = desired.workerQueues.map(({ podCpu: _, podMemory: __, ...queue }) => queue);
  const names = queues.map(({ name }) => name);
  const changedQueue = (of: string, fields: Partial<Queue>) =>
    names.includes(of)
      ? { workerQueues: queues.map((queue) => (queue.name === of ? { ...queue, ...fields } : queue)) }
      : {};
  switch (next.kind) {
    case 'size':
      return { schedulerSize: next.size };
    case 'double':
      return { isHighAvailability: next.isDoubled };
    case 'executor':
      return { executor: next.executor };
    case 'version':
      return { astroRuntimeVersion: next.runtimeVersion };
    case 'variable': {
      const { key, value, isSecret } = next;
      return { environmentVariables: [...variablesBut(desired, key), { key, value, isSecret }] };
    }
    case 'hide':
      return isThere(desired, next.key)
        ? { environmentVariables: [...variablesBut(desired, next.key), { key: next.key, isSecret: true }] }
        : {};
    case 'unset':
      return isThere(desired, next.key) ? { environmentVariables: variablesBut(desired, next.key) } : {};
    case 'queue': {
      const kept = queues.filter(({ name }) => name !== next.name);
      const added = { ...queues[0], id: undefined, name: next.name, isDefault: false };
      return { workerQueues: names.includes(next.name) ? kept : [...queues, added] };
    }
    case 'rename':
      return names.includes(next.to) ? {} : changedQueue(next.from, { name: next.to });
    case 'resize':
      return changedQueue(next.name, next.fields);
    case 'both':
      return Object.assign({}, ...next.updates.map((one) => requestOf(one, desired)));
  }
}

/** What the request for it asks for, of a deployment that was so before and is so after; none when that is nothing. */
export function changeOf(next: Update, before: Deployment, after: Deployment): Change | undefined {
  const was = modelOf(before);
  const changes = changesOf(next, before, after).filter((change) => !changesNothing(was, change));
  return changes.length === 0 ? undefined : { kind: 'all', changes };
}

function changesOf(next: Update, before: Deployment, after: Deployment): Change[] {
  const [was, is] = [modelOf(before), modelOf(after)];
  const named = (queues: Readonly<Record<string, Queue>>, name: string) =>
    Object.entries(queues).filter(([, queue]) => queue.name === name);
  switch (next.kind) {
    case 'variable': {
      const { kind, key, ...variable } = next;
      // Of a value that is there already only the secrecy is asked for.
      const keeps = was.variables[key]?.value === variable.value;
      return keeps && variable.isSecret ? [{ kind: 'hide variable', key }] : [{ kind, key, variable }];
    }
    case 'hide':
      return [{ kind: 'hide variable', key: next.key }];
    case 'unset':
      return [{ kind: 'remove variable', key: next.key }];
    case 'queue': {
      const there = named(was.queues, next.name);
      if (there.length > 0) return there.map(([id]) => ({ kind: 'remove queue', id }));
      return named(is.queues, next.name).map(([id, queue]) => ({ kind: 'add queue', id, queue }));
    }
    case 'rename':
      if (named(was.queues, next.to).length > 0) return [];
      return named(was.queues, next.from).map(([id]) => ({
        kind: 'change queue',
        id,
        fields: { name: next.to },
      }));
    case 'resize':
      return named(was.queues, next.name).map(([id, queue]) => ({
        kind: 'change queue',
        id,
        fields: Object.fromEntries(
          Object.entries(next.fields).filter(([name, value]) => Reflect.get(queue, name) !== value),
        ),
      }));
    case 'both':
      return next.updates.flatMap((one) => changesOf(one, before, after));
    default: {
      const { kind: _, ...fields } = next;
      return [{ kind: 'set', fields }];
    }
  }
}

function isThere({ environmentVariables }: Deployment, key: string): boolean {
  return environmentVariables.some((variable) => variable.key === key);
}

/** All variables but this one, each to keep its value. */
function variablesBut({ environmentVariables }: Deployment, key: string) {
  return environmentVariables
    .filter((variable) => variable.key !== key)
    .map(({ key: name, isSecret }) => ({ key: name, isSecret }));
}
