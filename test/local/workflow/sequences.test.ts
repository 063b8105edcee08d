import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Deploy } from '../../../core/deploy/view.ts';
import { Machine, machineSizing, SchedulerSize, schedulerSizing } from '../../../core/deployment/sizes.ts';
import { Deployment } from '../../../core/deployment/view.ts';
import { Planned } from '../../../core/operation/view.ts';
import { RevisionView } from '../../../core/revision/view.ts';
import { type Owner, ownerOf } from '../../support/owner.ts';
import { PATIENCE } from '../../support/patience.ts';
import { createPlatform, type Platform, until } from '../../support/platform.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';
import { type Action, action, changeOf, requestOf, type Update } from './actions.ts';
import { type Change, carriedOut, type Model, modelOf, shown, valuesOf } from './model.ts';

const SEED = Number(process.env.SEQUENCE_SEED ?? Date.now() % 1_000_000);
const LENGTH = Number(process.env.SEQUENCE_LENGTH ?? 20);

const Deploys = z.object({ deploys: z.array(Deploy) });

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
  expect(modelOf(deployment), told).toEqual(shown(running));
  expect(deployment.status, told).toBe('HEALTHY');
  expect(deployment.dagTarballVersion, told).toBe(running.code);
  expect(deployment.description, told).toBe(description);
  expect(await owner.variables(id), told).toEqual(valuesOf(running));
  await demandPlanOfNothing(deployment);
  await demandThatEcsRuns(running, deployment);
  await demandPointer(deployment, told);
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

/** Components are told of the running revision's code and of the workers that ECS runs. */
async function demandPointer({ runningRevision }: Deployment, told: string): Promise<void> {
  const { client, organizationId } = rehearsed.tenant;
  const { body } = await client.get(`${rehearsed.alpha(id)}/revisions/${runningRevision}`);
  const { spec } = RevisionView.parse(body);
  const { bundle, workers } = await owner.pointer(organizationId, id);
  expect(bundle, told).toBe(spec.bundle?.digest ?? null);
  const tasks = Object.entries(await tasksOf()).filter(([service]) => service.startsWith('worker-'));
  const generations = Object.entries(workers.queues).map(
    ([queue, generation]) => `worker-${queue}-${generation}`,
  );
  expect(generations.toSorted(), told).toEqual(tasks.map(([service]) => service).toSorted());
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
      asked.push({ kind: 'rollback', to: keepingSecrets(to, modelOf(Deployment.parse(body))) });
      return;
    }
    case 'redeploy': {
      const { client } = rehearsed.tenant;
      const { deploys } = Deploys.parse((await client.get(`${deploysPath()}?limit=1000`)).body);
      const delivered = deploys.filter(({ status }) => status === 'DEPLOYED');
      const deploy = delivered[next.nth % delivered.length];
      if (deploy === undefined) return;
      const { status, body } = await client.post(`${deploysPath()}/${deploy.id}/rollback`, {});
      expect(status, JSON.stringify(body)).toBe(200);
      asked.push({ kind: 'set', fields: { code: deploy.dagTarballVersion } });
      return;
    }
    case 'at once':
      return await updates(next.updates);
    default:
      return await updates([next]);
  }
}

/** What is run again of a revision has as secrets what was one in it, and what is one by then. */
function keepingSecrets(to: Model, { variables: answered }: Model): Model {
  const variables = Object.entries(to.variables).map(([key, variable]) => {
    const { isSecret = false } = answered[key] ?? {};
    expect(isSecret || !variable.isSecret).toBe(true);
    return [key, { ...variable, isSecret }] as const;
  });
  return { ...to, variables: Object.fromEntries(variables) };
}

function deploysPath(): string {
  return `${rehearsed.path}/${id}/deploys`;
}

function rollbackPath(revision: number | undefined): string {
  return `${rehearsed.alpha(id)}/revisions/${revision}/rollback`;
}

/** Asks for a change of what is desired, and looks again when that has changed meanwhile; when it looked, and for what. */
async function update(next: Update): Promise<{ at: number; change: Change | undefined }> {
  const url = `${platform.url}${rehearsed.path}/${id}`;
  const authorization = `Bearer ${rehearsed.tenant.token}`;
  const seen = await fetch(url, { headers: { authorization } });
  const at = performance.now();
  const desired = Deployment.parse(await seen.json());
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      'if-match': seen.headers.get('etag') ?? '',
    },
    body: JSON.stringify(requestOf(next, desired)),
  });
  if (answer.status === 412) return await update(next);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return { at, change: changeOf(next, desired, Deployment.parse(JSON.parse(text))) };
}

/** Whoever looked later saw what the other one had asked for. */
async function updates(all: readonly Update[]): Promise<void> {
  const answers = await Promise.all(all.map(update));
  const inOrder = answers.toSorted((one, other) => one.at - other.at);
  asked.push(...inOrder.flatMap(({ change }) => change ?? []));
}
