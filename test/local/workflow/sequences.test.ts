import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Deployment } from '../../../core/deployment/view.ts';
import { PATIENCE } from '../../support/patience.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const SEED = Number(process.env.SEQUENCE_SEED ?? Date.now() % 1_000_000);
const LENGTH = Number(process.env.SEQUENCE_LENGTH ?? 14);

/** What of a deployment these changes are about. */
interface Model {
  readonly size: string;
  readonly isDoubled: boolean;
  readonly variables: Readonly<Record<string, string>>;
  readonly queues: readonly string[];
}

/** A change of a deployment. */
type Change =
  | { readonly kind: 'size'; readonly size: 'SMALL' | 'MEDIUM' | 'LARGE' }
  | { readonly kind: 'double'; readonly isDoubled: boolean }
  | { readonly kind: 'variable'; readonly key: string; readonly value: string }
  | { readonly kind: 'add queue'; readonly name: string }
  | { readonly kind: 'remove queue'; readonly name: string };

/** A change that somebody asks for, looking at what is desired then; or what happens meanwhile. */
type Action =
  | Change
  | { readonly kind: 'queue'; readonly name: string }
  | { readonly kind: 'wait' }
  | { readonly kind: 'crash' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('size'), size: fc.constantFrom('SMALL', 'MEDIUM', 'LARGE') }),
  fc.record({ kind: fc.constant('double'), isDoubled: fc.boolean() }),
  fc.record({
    kind: fc.constant('variable'),
    key: fc.constantFrom('A', 'B'),
    value: fc.constantFrom('1', '2', '3'),
  }),
  fc.record({ kind: fc.constant('queue'), name: fc.constantFrom('big', 'small') }),
  fc.record({
    kind: fc.constant('variable'),
    key: fc.constant('FAIL'),
    value: fc.constantFrom('scheduler', 'api-server', 'worker'),
  }),
  fc.constant({ kind: 'wait' }),
  fc.constant({ kind: 'crash' }),
) as fc.Arbitrary<Action>;

let cloud: Rehearsal;
let rehearsed: Rehearsed;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
});
afterAll(() => cloud.stop());

test(
  `whatever is asked for, fails and crashes, what runs is what succeeded (SEQUENCE_SEED=${SEED})`,
  async () => {
    const [actions = []] = fc.sample(fc.array(action, { minLength: LENGTH, maxLength: LENGTH }), {
      numRuns: 1,
      seed: SEED,
    });
    const id = await rehearsed.create('random');
    await rehearsed.settled(id);
    const asked: Change[] = [];
    for (const next of actions) asked.push(...(await perform(id, next)));
    await until(async () => isAtRest(await rehearsed.get(id)), {
      seconds: 90,
      what: () => `all of ${JSON.stringify(actions)} to end`,
      every: 300,
    });
    const operations = (await rehearsed.operations(id)).toReversed();
    const expected = operations
      .filter(({ status }) => status === 'SUCCEEDED')
      .flatMap(({ intents }) => asked.slice(Math.max(0, intents.first - 2), intents.last - 1))
      .reduce(changed, { size: 'SMALL', isDoubled: false, variables: {}, queues: ['default'] });
    const deployment = await rehearsed.get(id);
    expect(modelOf(deployment), JSON.stringify(actions)).toEqual(expected);
    expect(deployment.status).toBe('HEALTHY');
    if (Object.keys(expected.variables).length > 0)
      expect(await cloud.variables(id)).toEqual(expected.variables);
    await until(async () => Object.keys(await tasksOf(id)).length === expected.queues.length + 2, {
      seconds: 30,
      what: () => 'older workers to be gone',
    });
    const tasks = await tasksOf(id);
    expect(tasks.control).toHaveLength(expected.isDoubled ? 2 : 1);
    expect(tasks.api).toHaveLength(expected.isDoubled ? 2 : 1);
    await rehearsed.remove(id);
  },
  240_000 * PATIENCE,
);

/** The tasks of each service that has any. */
async function tasksOf(id: string): Promise<Record<string, string[]>> {
  await cloud.advanceClock(61);
  const tasks = Object.entries(await cloud.tasks(id)).filter(([, running]) => running.length > 0);
  return Object.fromEntries(tasks);
}

/** Does it; the change that an intent came of. */
async function perform(id: string, next: Action): Promise<Change[]> {
  if (next.kind === 'wait') {
    await until(async () => isAtRest(await rehearsed.get(id)), {
      seconds: 90,
      what: () => 'the change to end',
    });
    return [];
  }
  if (next.kind === 'crash') {
    await cloud.stopExecutions();
    for (const seconds of [61, 20, 61]) await cloud.advanceClock(seconds);
    return [];
  }
  return await ask(id, next);
}

/** Asks for a change of what is desired, and looks again when that has changed meanwhile. */
async function ask(id: string, next: Exclude<Action, { kind: 'wait' | 'crash' }>): Promise<Change[]> {
  const url = `${cloud.url}${rehearsed.path}/${id}`;
  const authorization = `Bearer ${rehearsed.tenant.token}`;
  const seen = await fetch(url, { headers: { authorization } });
  const desired = Deployment.parse(await seen.json());
  const model = modelOf(desired);
  const isThere = next.kind === 'queue' && model.queues.includes(next.name);
  const change: Change =
    next.kind === 'queue' ? { kind: isThere ? 'remove queue' : 'add queue', name: next.name } : next;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      'if-match': seen.headers.get('etag') ?? '',
    },
    body: JSON.stringify(requestOf(change, desired)),
  });
  if (answer.status === 412) return await ask(id, next);
  expect(answer.status, await answer.text()).toBe(200);
  return isDeepStrictEqual(model, changed(model, change)) ? [] : [change];
}

function requestOf(next: Change, desired: Deployment): object {
  switch (next.kind) {
    case 'size':
      return { schedulerSize: next.size };
    case 'double':
      return { isHighAvailability: next.isDoubled };
    case 'variable':
      return { environmentVariables: withVariable(desired, next.key, next.value) };
    case 'add queue': {
      const queues = queuesOf(desired);
      return {
        workerQueues: [...queues, { ...queues[0], id: undefined, name: next.name, isDefault: false }],
      };
    }
    case 'remove queue':
      return { workerQueues: queuesOf(desired).filter(({ name }) => name !== next.name) };
  }
}

function queuesOf({ workerQueues }: Deployment) {
  return workerQueues.map(({ podCpu: _, podMemory: __, ...queue }) => queue);
}

function withVariable({ environmentVariables }: Deployment, key: string, value: string): object[] {
  const kept = environmentVariables.filter((variable) => variable.key !== key);
  return [
    ...kept.map(({ key: name, isSecret }) => ({ key: name, isSecret })),
    { key, value, isSecret: false },
  ];
}

/** What a change means, whatever it is made on. */
function changed(model: Model, next: Change): Model {
  switch (next.kind) {
    case 'size':
      return { ...model, size: next.size };
    case 'double':
      return { ...model, isDoubled: next.isDoubled };
    case 'variable':
      return { ...model, variables: sorted({ ...model.variables, [next.key]: next.value }) };
    case 'add queue':
      return { ...model, queues: [...new Set([...model.queues, next.name])].sort() };
    case 'remove queue':
      return { ...model, queues: model.queues.filter((name) => name !== next.name) };
  }
}

function modelOf(deployment: Deployment): Model {
  const { schedulerSize, isHighAvailability, environmentVariables, workerQueues } = deployment;
  const entries = environmentVariables.map(({ key, value = '' }) => [key, value] as const);
  return {
    size: schedulerSize,
    isDoubled: isHighAvailability,
    variables: sorted(Object.fromEntries(entries)),
    queues: workerQueues.map(({ name }) => name).sort(),
  };
}

function sorted(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).sort(([a], [b]) => a.localeCompare(b)));
}

function isAtRest({ runningOperation, waitingIntents }: Deployment): boolean {
  return runningOperation === undefined && waitingIntents === 0;
}
