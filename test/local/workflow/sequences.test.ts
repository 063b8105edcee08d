import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Machine, machineSizing, SchedulerSize, schedulerSizing } from '../../../core/deployment/sizes.ts';
import { Deployment } from '../../../core/deployment/view.ts';
import { Planned } from '../../../core/operation/view.ts';
import { type Owner, ownerOf } from '../../support/owner.ts';
import { PATIENCE } from '../../support/patience.ts';
import { createPlatform, type Platform, until } from '../../support/platform.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';
import { type Change, carriedOut, changesNothing, type Model, modelOf } from './model.ts';

const SEED = Number(process.env.SEQUENCE_SEED ?? Date.now() % 1_000_000);
const LENGTH = Number(process.env.SEQUENCE_LENGTH ?? 20);

/** What somebody asks for, looking at what is desired then; or what happens meanwhile. */
type Action =
  | { readonly kind: 'size'; readonly size: string }
  | { readonly kind: 'double'; readonly isDoubled: boolean }
  | { readonly kind: 'executor'; readonly executor: string }
  | { readonly kind: 'version'; readonly runtimeVersion: string }
  | { readonly kind: 'variable'; readonly key: string; readonly value: string }
  | { readonly kind: 'queue'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'describe'; readonly description: string }
  | { readonly kind: 'deploy'; readonly text: string }
  | { readonly kind: 'rollback'; readonly nth: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart' };

const word = fc.constantFrom('1', '2', '3');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('size' as const), size: fc.constantFrom('SMALL', 'MEDIUM', 'LARGE') }),
  fc.record({ kind: fc.constant('double' as const), isDoubled: fc.boolean() }),
  fc.record({ kind: fc.constant('executor' as const), executor: fc.constantFrom('ASTRO', 'CELERY') }),
  fc.record({ kind: fc.constant('version' as const), runtimeVersion: fc.constantFrom('3.3-1', '3.3-2') }),
  fc.record({ kind: fc.constant('variable' as const), key: fc.constantFrom('A', 'B'), value: word }),
  fc.record({
    kind: fc.constant('variable' as const),
    key: fc.constant('FAIL'),
    value: fc.constantFrom('scheduler', 'api-server', 'worker'),
  }),
  fc.record({ kind: fc.constant('queue' as const), name: fc.constantFrom('big', 'small') }),
  fc.constantFrom<Action>(
    { kind: 'rename', from: 'big', to: 'small' },
    { kind: 'rename', from: 'small', to: 'big' },
  ),
  fc.record({ kind: fc.constant('describe' as const), description: word }),
  fc.record({ kind: fc.constant('deploy' as const), text: word }),
  fc.record({ kind: fc.constant('rollback' as const), nth: fc.nat(20) }),
  fc.constantFrom<Action>({ kind: 'wait' }, { kind: 'stop' }, { kind: 'restart' }),
);

/** A whole platform whose image is a stand-in, and its owner. */
let platform: Platform;
let owner: Owner;
let rehearsed: Rehearsed;
let id: string;
/** The deployment as it was made, and what each intent after that changes. */
let first: Model;
let asked: Change[];
let description: string | undefined;

beforeAll(async () => {
  platform = await createPlatform({ runner: 'test/support/stand-in-runner.ts' });
  await platform.start();
  owner = ownerOf(platform.home);
  rehearsed = await rehearsedTenant(platform);
});
afterAll(async () => {
  owner?.destroy();
  await platform?.destroy();
});

test.each([SEED, SEED + 1])(
  'whatever is asked for, fails, crashes and is restarted, what runs is what succeeded (SEQUENCE_SEED=%i)',
  async (seed) => {
    asked = [];
    description = undefined;
    id = await rehearsed.create(`random-${seed}`);
    first = modelOf(await rehearsed.settled(id));
    const sequence = fc.array(action, { minLength: LENGTH, maxLength: LENGTH });
    const [actions = []] = fc.sample(sequence, { numRuns: 1, seed });
    for (const [index, next] of [...actions, { kind: 'wait' } as const].entries()) {
      await perform(next, JSON.stringify(actions.slice(0, index)));
    }
    await rehearsed.remove(id);
  },
  300_000 * PATIENCE * Math.max(1, LENGTH / 20),
);

/** What runs is what succeeded: the API says so, the plan of going there changes nothing, and ECS has it. */
async function demandAgreement(told: string): Promise<void> {
  const { running } = await outcome();
  const deployment = await rehearsed.get(id);
  expect(modelOf(deployment), told).toEqual(running);
  expect(deployment.status, told).toBe('HEALTHY');
  expect(deployment.dagTarballVersion, told).toBe(running.code);
  expect(deployment.description, told).toBe(description);
  if (Object.keys(running.variables).length > 0)
    expect(await owner.variables(id), told).toEqual(running.variables);
  await demandPlanOfNothing(deployment);
  await demandThatEcsRuns(running, deployment);
}

/** The plan that leads to what is desired changes nothing of what runs. */
async function demandPlanOfNothing({ runningRevision }: Deployment): Promise<void> {
  const answer = await rehearsed.tenant.client.post(`${rollbackPath(runningRevision)}?dryRun=plan`, {});
  const { components, tasksAtRisk } = Planned.parse(answer.body).plan;
  const none = { started: [], restarted: [], scaled: [], drained: [] };
  expect({ components, tasksAtRisk }).toMatchObject({ components: none, tasksAtRisk: [] });
}

/** ECS has the services of what runs and no others, each with its task definition and its number of tasks. */
async function demandThatEcsRuns(model: Model, { workerQueues }: Deployment): Promise<void> {
  await until(async () => Object.keys(await tasksOf()).length === workerQueues.length + 2, {
    seconds: 30,
    what: () => 'older workers to be gone',
  });
  const { control, api, ...workers } = await owner.services(id);
  const size = schedulerSizing(SchedulerSize.parse(model.size));
  const common = { WINDSOCK_EXECUTOR: model.executor };
  const servers = { ...common, WINDSOCK_SETTINGS: JSON.stringify(size.settings) };
  const count = model.isDoubled ? 2 : 1;
  const image = expect.stringMatching(new RegExp(`:${model.runtimeVersion}$`));
  const container = (name: string, memory: number, environment: object) => ({
    name,
    image,
    memory,
    environment: expect.objectContaining(environment),
  });
  expect(control).toEqual({
    count,
    cpu: String(size.control.cpu),
    memory: String(size.control.memory),
    containers: Object.entries(size.memory).map(([name, memory]) => container(name, memory, servers)),
  });
  expect(api).toEqual({
    count,
    cpu: String(size.api.cpu),
    memory: String(size.api.memory),
    containers: [container('api-server', size.api.memory, servers)],
  });
  const expected = workerQueues.map(({ name, astroMachine, workerConcurrency, minWorkerCount }) => {
    const machine = machineSizing(Machine.parse(astroMachine));
    const queue = { WINDSOCK_QUEUE: name, WINDSOCK_WORKER_CONCURRENCY: String(workerConcurrency) };
    return {
      count: Math.max(1, minWorkerCount),
      cpu: String(machine.cpu),
      memory: String(machine.memory),
      containers: [container('worker', machine.memory, { ...common, ...queue })],
    };
  });
  const running = Object.values(workers).filter(({ count }) => count > 0);
  expect(running).toHaveLength(expected.length);
  expect(running).toEqual(expect.arrayContaining(expected));
  const tasks = await tasksOf();
  expect([tasks.control?.length, tasks.api?.length]).toEqual([count, count]);
}

/** The tasks of each service that has any. */
async function tasksOf(): Promise<Record<string, string[]>> {
  await advanceClock(61);
  const tasks = Object.entries(await owner.tasks(id)).filter(([, running]) => running.length > 0);
  return Object.fromEntries(tasks);
}

/** What of all that was asked for succeeded until now. */
async function outcome() {
  return carriedOut(first, asked, (await rehearsed.operations(id)).toReversed());
}

async function advanceClock(advanceSeconds: number): Promise<void> {
  expect((await rehearsed.tenant.client.post('/_local/clock', { advanceSeconds })).status).toBe(200);
}

async function rest(what: string): Promise<void> {
  await until(() => rehearsed.isAtRest(id), { seconds: 90, what: () => `all of ${what} to end`, every: 300 });
}

/** Does it after what was `told`, and keeps the change of what is desired that came of it. */
async function perform(next: Action, told: string): Promise<void> {
  switch (next.kind) {
    case 'wait':
      await rest(told);
      return await demandAgreement(told);
    case 'stop':
      await owner.stopExecutions();
      for (const seconds of [61, 20, 61]) await advanceClock(seconds);
      return;
    case 'restart':
      await platform.kill();
      return await platform.start();
    case 'describe':
      ({ description } = next);
      expect((await rehearsed.update(id, { description })).status).toBe(200);
      return;
    case 'deploy': {
      const { status, body } = await rehearsed.deliver(id, next.text);
      expect(status, JSON.stringify(body)).toBe(200);
      const { dagTarballVersion: code } = z.object({ dagTarballVersion: z.string() }).parse(body);
      asked.push({ kind: 'set', fields: { code } });
      return;
    }
    case 'rollback': {
      const revisions = [...(await outcome()).revisions];
      const [number, to] = revisions[next.nth % revisions.length] ?? [1, first];
      const { status, body } = await rehearsed.tenant.client.post(rollbackPath(number), {});
      expect(status, JSON.stringify(body)).toBe(200);
      asked.push({ kind: 'rollback', to });
      return;
    }
    default:
      return await update(next);
  }
}

function rollbackPath(revision: number | undefined): string {
  return `${rehearsed.alpha(id)}/revisions/${revision}/rollback`;
}

type Update = Extract<
  Action,
  { kind: 'size' | 'double' | 'executor' | 'version' | 'variable' | 'queue' | 'rename' }
>;

/** Asks for a change of what is desired, and looks again when that has changed meanwhile. */
async function update(next: Update): Promise<void> {
  const url = `${platform.url}${rehearsed.path}/${id}`;
  const authorization = `Bearer ${rehearsed.tenant.token}`;
  const seen = await fetch(url, { headers: { authorization } });
  const desired = Deployment.parse(await seen.json());
  const request = requestOf(next, desired);
  if (request === undefined) return;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      'if-match': seen.headers.get('etag') ?? '',
    },
    body: JSON.stringify(request),
  });
  if (answer.status === 412) return await update(next);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  const change = changeOf(next, desired, Deployment.parse(JSON.parse(text)));
  if (!changesNothing(modelOf(desired), change)) asked.push(change);
}

/** The request for it; none when it needs a queue that there is not. */
function requestOf(next: Update, desired: Deployment): object | undefined {
  const queues = desired.workerQueues.map(({ podCpu: _, podMemory: __, ...queue }) => queue);
  const names = queues.map(({ name }) => name);
  switch (next.kind) {
    case 'size':
      return { schedulerSize: next.size };
    case 'double':
      return { isHighAvailability: next.isDoubled };
    case 'executor':
      return { executor: next.executor };
    case 'version':
      return { astroRuntimeVersion: next.runtimeVersion };
    case 'variable':
      return { environmentVariables: withVariable(desired, next.key, next.value) };
    case 'queue': {
      const kept = queues.filter(({ name }) => name !== next.name);
      const added = { ...queues[0], id: undefined, name: next.name, isDefault: false };
      return { workerQueues: names.includes(next.name) ? kept : [...queues, added] };
    }
    case 'rename': {
      if (!names.includes(next.from) || names.includes(next.to)) return undefined;
      const renamed = queues.map((queue) => (queue.name === next.from ? { ...queue, name: next.to } : queue));
      return { workerQueues: renamed };
    }
  }
}

function changeOf(next: Update, before: Deployment, after: Deployment): Change {
  const queueId = ({ workerQueues }: Deployment, name: string) =>
    workerQueues.find((queue) => queue.name === name)?.id;
  switch (next.kind) {
    case 'variable':
      return next;
    case 'queue': {
      const there = queueId(before, next.name);
      if (there !== undefined) return { kind: 'remove queue', id: there };
      return { kind: 'add queue', id: queueId(after, next.name) ?? '', name: next.name };
    }
    case 'rename':
      return { kind: 'rename queue', id: queueId(before, next.from) ?? '', name: next.to };
    default: {
      const { kind: _, ...fields } = next;
      return { kind: 'set', fields };
    }
  }
}

function withVariable({ environmentVariables }: Deployment, key: string, value: string): object[] {
  const kept = environmentVariables.filter((variable) => variable.key !== key);
  return [
    ...kept.map(({ key: name, isSecret }) => ({ key: name, isSecret })),
    { key, value, isSecret: false },
  ];
}
