import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { Deployment } from '../../../core/deployment/view.ts';
import { Planned } from '../../../core/operation/view.ts';
import { PATIENCE } from '../../support/patience.ts';
import { until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const MARKER = 'planted-marker';

const DEFAULT = queue();
const BIG = { ...DEFAULT, name: 'big', isDefault: false, astroMachine: 'A10' };

describe.each([{ twice: false }, { twice: true }])('with each step run twice: $twice', ({ twice }) => {
  let cloud: Rehearsal;
  let rehearsed: Rehearsed;
  let id: string;
  beforeAll(async () => {
    cloud = await startRehearsal({ twice });
    rehearsed = await rehearsedTenant(cloud);
    id = await rehearsed.create('changing', { TOKEN: MARKER });
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY', runningRevision: 1 });
  });
  afterAll(() => cloud.stop());

  /** Asks for the plan of a change, makes it, and compares the plan with what ECS did. */
  async function change(request: object, url = `${rehearsed.path}/${id}`): Promise<Deployment> {
    const { plan } = Planned.parse((await rehearsed.tenant.client.post(`${url}?dryRun=plan`, request)).body);
    const before = await cloud.tasks(id);
    const { length } = await rehearsed.operations(id);
    expect((await rehearsed.tenant.client.post(url, request)).status).toBe(200);
    const deployment = await rehearsed.settled(id);
    const operations = await rehearsed.operations(id);
    expect(operations).toHaveLength(plan.expectedSeconds === 0 ? length : length + 1);
    const [operation] = operations;
    expect(operation?.reason).toBeUndefined();
    expect(operation).toMatchObject({ kind: plan.kind, status: 'SUCCEEDED' });
    if (plan.expectedSeconds > 0) expect(operation).toMatchObject({ plan });
    let after = before;
    await until(
      async () => {
        await cloud.advanceClock(61);
        after = await cloud.tasks(id);
        return plan.components.drained.every((name) => !(name in after));
      },
      { seconds: 20, what: () => 'the old workers to be gone' },
    );
    const kept = Object.keys(before).filter((name) => name in after);
    expect(Object.keys(after).filter((name) => !(name in before))).toEqual(
      plan.components.started.toSorted(),
    );
    expect(Object.keys(before).filter((name) => !(name in after))).toEqual(
      plan.components.drained.toSorted(),
    );
    expect(kept.filter((name) => before[name]?.every((task) => !after[name]?.includes(task))).sort()).toEqual(
      plan.components.restarted.toSorted(),
    );
    return deployment;
  }

  const pointer = () => cloud.pointer(rehearsed.tenant.organizationId, id);

  test('a name or a description changes at once, and nothing restarts', async () => {
    const before = await cloud.tasks(id);
    const { length } = await rehearsed.operations(id);
    const request = { name: 'renamed', description: 'nightly', contactEmails: [] };
    const none = { started: [], restarted: [], scaled: [], drained: [], stopped: [] };
    const planned = await rehearsed.tenant.client.post(`${rehearsed.path}/${id}?dryRun=plan`, request);
    expect(planned.body).toEqual({
      plan: { kind: 'update', components: none, expectedSeconds: 0, tasksAtRisk: [] },
    });
    const answer = await rehearsed.update(id, request);
    expect(answer.body).toMatchObject({ name: 'renamed', description: 'nightly', status: 'HEALTHY' });
    expect(await rehearsed.operations(id)).toHaveLength(length);
    expect(await cloud.tasks(id)).toEqual(before);
    const again = await rehearsed.create('changing');
    expect((await rehearsed.update(again, { name: 'Renamed' })).status).toBe(409);
    await rehearsed.remove(again);
  });

  test('another scheduler size restarts scheduler and api-server in place', async () => {
    const { components } = (await changed({ schedulerSize: 'MEDIUM' })).plan;
    expect(components).toMatchObject({ restarted: ['control', 'api'], started: [], drained: [] });
    expect(await rehearsed.get(id)).toMatchObject({ schedulerSize: 'MEDIUM', schedulerCpu: '2' });
  });

  test('high availability has a second of each server, and its end is done once that has stopped', async () => {
    await changed({ isHighAvailability: true });
    const servers = async () => {
      const { control, api } = await cloud.tasks(id);
      return [control?.length, api?.length];
    };
    expect(await servers()).toEqual([2, 2]);
    cloud.setComponentsStaying(true);
    onTestFinished(() => cloud.setComponentsStaying(false));
    expect((await rehearsed.update(id, { isHighAvailability: false })).status).toBe(200);
    await until(async () => (await servers()).join() === '1,1', {
      seconds: 20,
      what: () => 'ECS to stop the second ones',
    });
    let looks = 0;
    const isLookedAtOften = async () => {
      expect((await rehearsed.get(id)).status).toBe('DEPLOYING');
      looks += 1;
      return looks === 15;
    };
    await until(isLookedAtOften, { seconds: 30, what: () => 'the second ones to be waited for' });
    cloud.setComponentsStaying(false);
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY', isHighAvailability: false });
  });

  test('queues are added, changed, scaled, renamed and removed; each has workers of its own', async () => {
    await changed({ workerQueues: [DEFAULT, BIG] });
    const { workerQueues } = await rehearsed.get(id);
    const big = workerQueues.find(({ name }) => name === 'big');
    const scaled = await changed({ workerQueues: [{ ...DEFAULT, minWorkerCount: 2 }, BIG] });
    expect(scaled.plan.components).toMatchObject({ scaled: ['worker-default-1'], started: [], drained: [] });
    expect((await cloud.tasks(id))['worker-default-1']).toHaveLength(2);
    const resized = await changed({
      workerQueues: [DEFAULT, { ...BIG, id: big?.id, workerConcurrency: 20 }],
    });
    expect(resized.plan.components.drained).toEqual([
      'worker-default-1',
      expect.stringMatching('worker-big'),
    ]);
    await changed({ workerQueues: [DEFAULT, { ...BIG, id: big?.id, name: 'huge' }] });
    const { workerQueues: renamed } = await rehearsed.get(id);
    expect(renamed.find(({ name }) => name === 'huge')?.id).toBe(big?.id);
    const removed = await changed({ workerQueues: [DEFAULT] });
    expect(removed.plan).toMatchObject({ components: { started: [], restarted: [] }, tasksAtRisk: ['huge'] });
    const generation = (component = '') => Number(component.split('-').at(-1));
    expect((await pointer()).workers).toMatchObject({
      queues: { default: generation(resized.plan.components.started[0]) },
      emptying: {
        big: { generation: generation(resized.plan.components.started[0]) },
        huge: { generation: generation(removed.plan.components.drained[0]) },
      },
    });
  });

  test('the most workers of a queue are changed as an update, which delivers no code', async () => {
    const { kind, plan } = await changed({ workerQueues: [{ ...DEFAULT, maxWorkerCount: 7 }] });
    expect({ kind, plan }).toMatchObject({ kind: 'update', plan: { kind: 'update', expectedSeconds: 1 } });
  });

  test.each([
    ['what it has already', { workerQueues: [{ ...DEFAULT, maxWorkerCount: 7 }], schedulerSize: 'MEDIUM' }],
    ['the machine of a queue', { workerQueues: [{ ...DEFAULT, maxWorkerCount: 6, astroMachine: 'A10' }] }],
    ['all of a queue back', { workerQueues: [DEFAULT] }],
    ['a secret value', { environmentVariables: [{ key: 'TOKEN', value: `${MARKER}-2`, isSecret: true }] }],
    ['an older runtime version', { astroRuntimeVersion: '3.3-1' }],
    ['a newer runtime version', { astroRuntimeVersion: '3.3-2' }],
    ['the executor CELERY', { executor: 'CELERY' }],
    ['the executor ASTRO', { executor: 'ASTRO' }],
  ])('%s is changed as its plan says', async (_what, request) => {
    expect(await change(request)).toMatchObject({ status: 'HEALTHY' });
  });

  test('a plan says what runs and waits now in the queues that go', async () => {
    await changed({ workerQueues: [DEFAULT, BIG] });
    const { client } = rehearsed.tenant;
    const url = `${rehearsed.path}/${id}?dryRun=plan`;
    const removal = { workerQueues: [DEFAULT] };
    expect((await client.post(url, removal)).body).toMatchObject({
      plan: { tasksAtRisk: ['big'] },
      queueTasks: { status: 'UNKNOWN', reason: 'Airflow did not tell: it answered 404' },
    });
    cloud.setAirflow(({ url = '' }, response) => {
      response.end(JSON.stringify({ total_entries: url.includes('state=running') ? 1 : 7 }));
    });
    const now = (...queues: string[]) => ({
      status: 'COUNTED',
      queues: queues.map((queue) => ({ queue, running: 1, queued: 7, later: 7 })),
    });
    expect((await client.post(url, removal)).body).toMatchObject({ queueTasks: now('big') });
    expect((await client.delete(url)).body).toMatchObject({
      plan: { kind: 'delete' },
      queueTasks: now('default', 'big'),
    });
    expect((await client.post(url, { executor: 'CELERY' })).body).toMatchObject({
      plan: { tasksAtRisk: [], tasksRequeued: ['default', 'big'] },
      queueTasks: now('default', 'big'),
    });
    expect((await client.post(url, { schedulerSize: 'SMALL' })).body).not.toHaveProperty('queueTasks');
    await changed(removal);
  });

  test('variables change one by one: what is not said keeps its value, secret or not', async () => {
    const keep = { key: 'TOKEN', isSecret: true };
    await changed({ environmentVariables: [keep, { key: 'OPEN', value: 'seen', isSecret: false }] });
    const shown = (await rehearsed.get(id)).environmentVariables;
    expect(shown).toMatchObject([
      { key: 'TOKEN', isSecret: true },
      { key: 'OPEN', value: 'seen', isSecret: false },
    ]);
    expect(JSON.stringify(shown)).not.toContain(MARKER);
    expect(await cloud.variables(id)).toEqual({ TOKEN: `${MARKER}-2`, OPEN: 'seen' });
    const same = await rehearsed.update(id, {
      environmentVariables: [keep, { ...shown[1], updatedAt: undefined }],
    });
    expect(same.body).toMatchObject({ status: 'HEALTHY' });
    await changed({ environmentVariables: [{ key: 'OPEN', isSecret: true }] });
    expect(await cloud.variables(id)).toEqual({ OPEN: 'seen' });
    const open = await rehearsed.update(id, { environmentVariables: [{ key: 'OPEN', isSecret: false }] });
    expect(open.body).toMatchObject({ fieldErrors: [{ field: 'environmentVariables[0].value' }] });
  });

  test('a change that fails is put back, says why, and takes along nothing of what waits behind it', async () => {
    const before = await rehearsed.get(id);
    const tasks = await cloud.tasks(id);
    const breaking = [
      { key: 'OPEN', isSecret: true },
      { key: 'FAIL', value: 'worker', isSecret: true },
    ];
    const added = { workerQueues: [DEFAULT, { ...BIG, name: 'never' }] };
    expect((await rehearsed.update(id, { environmentVariables: breaking, ...added })).status).toBe(200);
    await until(async () => (await rehearsed.get(id)).runningOperation !== undefined, {
      seconds: 20,
      what: () => 'the change to begin',
    });
    const waiting = await rehearsed.update(id, { isHighAvailability: true });
    expect(waiting.body).toMatchObject({ isHighAvailability: true, status: 'DEPLOYING' });
    await until(
      async () =>
        (await rehearsed.operations(id))[0]?.plan.kind === 'update' && (await rehearsed.isAtRest(id)),
      {
        seconds: 60,
        what: () => 'both to end',
      },
    );
    const [second, first] = await rehearsed.operations(id);
    expect(first).toMatchObject({
      status: 'FAILED',
      reason: expect.stringMatching(/^worker ended with exit code 3/),
    });
    expect(first?.reason).not.toContain(MARKER);
    expect(second).toMatchObject({ status: 'SUCCEEDED', fromRevision: before.runningRevision });
    const after = await rehearsed.get(id);
    expect(after).toMatchObject({
      isHighAvailability: true,
      environmentVariables: before.environmentVariables,
    });
    expect(after.status).toBe('HEALTHY');
    const workers = (all: Record<string, string[]>) =>
      Object.entries(all).filter(([name]) => name.startsWith('worker-'));
    await until(
      async () => {
        await cloud.advanceClock(61);
        return isDeepStrictEqual(workers(await cloud.tasks(id)), workers(tasks));
      },
      { seconds: 20, what: () => 'the workers to be those of before' },
    );
    const { queues, emptying } = (await pointer()).workers;
    expect({ ...queues, ...emptying }).not.toHaveProperty('never');
    await changed({ isHighAvailability: false });
  });

  test(
    'a queue that is too large for the cell is put back, with what ECS says of it',
    async () => {
      const before = await rehearsed.get(id);
      const huge = { ...BIG, name: 'huge', astroMachine: 'A40', minWorkerCount: 1 };
      expect((await rehearsed.update(id, { workerQueues: [DEFAULT, BIG, huge] })).status).toBe(200);
      await until(
        async () => {
          await cloud.advanceClock(100);
          return await rehearsed.isAtRest(id);
        },
        { seconds: 130, what: () => 'the wait for room to end', every: 4_500 },
      );
      const reason = expect.stringMatching(/no room for them: .*worker-huge.* insufficient memory/);
      expect(await rehearsed.get(id)).toMatchObject({
        status: 'HEALTHY',
        statusReason: reason,
        runningRevision: before.runningRevision,
        workerQueues: before.workerQueues,
      });
      expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'FAILED', reason });
    },
    150_000 * PATIENCE,
  );

  test('what cannot be put back at once is put back as soon as it can be', async () => {
    const before = await rehearsed.get(id);
    cloud.setComponentsUp(false);
    expect((await rehearsed.update(id, { schedulerSize: 'LARGE' })).status).toBe(200);
    await until(async () => (await rehearsed.operations(id))[0]?.steps.at(-1)?.name === 'PutBack', {
      seconds: 60,
      what: () => 'the change to fail',
    });
    await cloud.advanceClock(200);
    cloud.setComponentsUp(true);
    const after = await rehearsed.settled(id);
    expect(after).toMatchObject({
      status: 'HEALTHY',
      statusReason: expect.stringContaining('cannot start now'),
      schedulerSize: before.schedulerSize,
      runningRevision: before.runningRevision,
    });
  });

  test('code alone, and everything, goes back to what it was', async () => {
    await rehearsed.deliver(id, 'print("old")');
    const old = await rehearsed.settled(id);
    await rehearsed.deliver(id, 'print("new")');
    await rehearsed.settled(id);
    await changed({ schedulerSize: 'LARGE' });
    const large = await rehearsed.get(id);
    const { client } = rehearsed.tenant;
    const Deploys = z.object({
      deploys: z.array(z.looseObject({ id: z.string(), dagTarballVersion: z.string().optional() })),
    });
    const { deploys } = Deploys.parse((await client.get(`${rehearsed.path}/${id}/deploys`)).body);
    const first = deploys.find(({ dagTarballVersion }) => dagTarballVersion === old.dagTarballVersion);
    const rolled = await client.post(`${rehearsed.path}/${id}/deploys/${first?.id}/rollback`, {});
    expect(rolled).toMatchObject({ status: 200, body: { rollbackFromId: first?.id } });
    expect(await rehearsed.settled(id)).toMatchObject({
      dagTarballVersion: old.dagTarballVersion,
      schedulerSize: 'LARGE',
    });
    const revisions = `${rehearsed.alpha(id)}/revisions`;
    const back = `${revisions}/${old.runningRevision}/rollback`;
    const { plan } = Planned.parse((await client.post(`${back}?dryRun=plan`, {})).body);
    expect(plan.components.restarted).toEqual(['control', 'api']);
    expect((await client.post(back, {})).status).toBe(200);
    expect(await rehearsed.settled(id)).toMatchObject({
      schedulerSize: old.schedulerSize,
      dagTarballVersion: old.dagTarballVersion,
      status: 'HEALTHY',
    });
    const forward = `${revisions}/${large.runningRevision}/rollback`;
    const steward = await rehearsed.tokenThatMay(id, ['deployment.get', 'deployment.update']);
    expect((await steward.post(back, {})).status).toBe(200);
    expect((await steward.post(forward, {})).status).toBe(403);
    expect((await steward.post(`${forward}?dryRun=plan`, {})).status).toBe(403);
    expect((await client.post(forward, {})).status).toBe(200);
    expect(await rehearsed.settled(id)).toMatchObject({
      schedulerSize: 'LARGE',
      dagTarballVersion: large.dagTarballVersion,
    });
    expect((await client.post(`${revisions}/999/rollback`, {})).status).toBe(404);
  });

  test('variables, secret values and queues go back to what they were, as the plan says', async () => {
    const before = await rehearsed.get(id);
    const held = await cloud.variables(id);
    await changed({
      environmentVariables: [
        { key: 'OPEN', value: 'another', isSecret: true },
        { key: 'MORE', value: 'seen', isSecret: false },
      ],
      workerQueues: [{ ...DEFAULT, workerConcurrency: 7 }],
    });
    expect(await cloud.variables(id)).toEqual({ OPEN: 'another', MORE: 'seen' });
    const revisions = `${rehearsed.alpha(id)}/revisions`;
    const after = await change({}, `${revisions}/${before.runningRevision}/rollback`);
    expect(after).toMatchObject({
      environmentVariables: before.environmentVariables,
      workerQueues: before.workerQueues,
    });
    expect(await cloud.variables(id)).toEqual(held);
  });

  test('what several people ask for at once is all carried out', async () => {
    const answers = await Promise.all([
      rehearsed.update(id, { schedulerSize: 'SMALL' }),
      rehearsed.update(id, { workerQueues: [DEFAULT, BIG] }),
      rehearsed.update(id, { description: 'busy' }),
      rehearsed.deliver(id, 'print("busy")'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const settled = await rehearsed.settled(id);
    expect(settled).toMatchObject({
      schedulerSize: 'SMALL',
      description: 'busy',
      waitingIntents: 0,
      status: 'HEALTHY',
    });
    expect(settled.workerQueues.map(({ name }) => name)).toEqual(['default', 'big']);
    expect(settled.dagTarballVersion).toBe(settled.desiredDagTarballVersion);
  });

  test('a delete leaves nothing of all its revisions', async () => {
    await rehearsed.update(id, { schedulerSize: 'MEDIUM' });
    await rehearsed.remove(id);
    expect(await cloud.tasks(id)).toEqual({});
    expect(cloud.secrets().filter((name) => name.includes(id))).toEqual([]);
  });

  /** Makes a change as `change` does; the operation that carried it. */
  async function changed(request: object) {
    await change(request);
    const [operation] = await rehearsed.operations(id);
    if (operation === undefined) throw new Error('There is no operation');
    return operation;
  }
});
