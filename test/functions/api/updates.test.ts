import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { queue, WRONG_QUEUES } from '../../support/queues.ts';

let plane: ControlPlane;
let owner: Account;
let path: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  await setPlan(plane, owner, 'TEAM');
  path = `/deployments/${await create('changing')}`;
});
afterAll(() => plane.stop());

const get = (at: string) => plane.call('GET', `${owner.path}${at}`, undefined, { token: owner.token });
const post = (at: string, body: unknown) =>
  plane.call('POST', `${owner.path}${at}`, body, { token: owner.token });

async function create(name: string, request: object = {}): Promise<string> {
  const { body } = await post('/deployments', { workspaceId: owner.workspace.id, name, ...request });
  return z.object({ id: z.string() }).parse(body).id;
}

/** Everything that is stored. */
async function table(): Promise<unknown[]> {
  const { TABLE_NAME } = plane.services.environment;
  return (await plane.services.database.send(new ScanCommand({ TableName: TABLE_NAME }))).Items ?? [];
}

describe('an update', () => {
  test('takes all of what the CLI sends, and leaves what is not said', async () => {
    const { status, body } = await post(path, {
      name: 'changing',
      description: 'nightly',
      workspaceId: owner.workspace.id,
      type: 'STANDARD',
      executor: 'ASTRO',
      schedulerSize: 'MEDIUM',
      isCicdEnforced: false,
      isDagDeployEnabled: true,
      isHighAvailability: false,
      isDevelopmentMode: false,
      contactEmails: null,
      scalingSpec: null,
      environmentVariables: [],
      workerQueues: [queue()],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      description: 'nightly',
      schedulerSize: 'MEDIUM',
      resourceQuotaCpu: '10',
      status: 'CREATING',
      waitingIntents: 2,
    });
    expect((await get(path)).body).toMatchObject({ schedulerSize: 'MEDIUM' });
  });

  test.each([
    [{ executor: 'KUBERNETES' }, 'executor'],
    [{ astroRuntimeVersion: '3.3-9' }, 'astroRuntimeVersion'],
    [{ type: 'DEDICATED' }, 'type'],
    [{ type: 'HYBRID' }, 'type'],
    [{ workspaceId: 'another' }, 'workspaceId'],
    [{ schedulerSize: 'HUGE' }, 'schedulerSize'],
    [{ name: '' }, 'name'],
    [{ region: 'us-east-1' }, 'region'],
    [{ isDevelopmentMode: true }, 'isDevelopmentMode'],
    [{ scalingSpec: { hibernationSpec: {} } }, 'scalingSpec'],
    [{ remoteExecution: { enabled: true } }, 'remoteExecution'],
    ...WRONG_QUEUES,
    [{ environmentVariables: [{ key: 'NEW', isSecret: true }] }, 'environmentVariables[0].value'],
    [{ environmentVariables: [{ key: 'WINDSOCK_X', value: 'x' }] }, 'environmentVariables[0].key'],
  ])('with %j answers 400 that names %s, and changes nothing', async (request, field) => {
    const before = await table();
    for (const asked of [path, `${path}?dryRun=plan`]) {
      const { status, body } = await post(asked, request);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        fieldErrors: expect.arrayContaining([expect.objectContaining({ field })]),
      });
    }
    expect(await table()).toEqual(before);
  });

  test('does not double a deployment in development mode, however that is said', async () => {
    const id = await create('developing', { isDevelopmentMode: true });
    const { status, body } = await post(`/deployments/${id}`, { isHighAvailability: true });
    expect(status).toBe(400);
    expect(body).toMatchObject({ fieldErrors: [{ field: 'isHighAvailability' }] });
    const both = { isHighAvailability: true, isDevelopmentMode: false };
    expect((await post(`/deployments/${id}`, both)).status).toBe(200);
  });

  test('cannot make a deployment larger than the table and the audit log hold', async () => {
    const refused = async (request: object, field: string) =>
      expect(await post(path, request)).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } });
    await refused({ contactEmails: [`someone@${`${'b'.repeat(60)}.`.repeat(5)}com`] }, 'contactEmails[0]');
    await refused({ contactEmails: [`${'a'.repeat(65)}@example.com`] }, 'contactEmails[0]');
    const shown = (key: string, value?: string) => ({ key, value, isSecret: false });
    expect((await post(path, { environmentVariables: [shown('A', 'a'.repeat(40_000))] })).status).toBe(200);
    await refused(
      { environmentVariables: [shown('A'), shown('B', 'b'.repeat(40_000))] },
      'environmentVariables',
    );
    expect((await post(path, { environmentVariables: [] })).status).toBe(200);
  });

  test('of what takes no operation is told of in the timeline, done at once', async () => {
    const at = `/deployments/${await create('before', { description: 'same' })}`;
    await post(at, { name: 'after', schedulerSize: 'MEDIUM' });
    await post(at, { name: 'after' });
    const alpha = `${owner.path.replace('/v1/', '/v1alpha1/')}${at}/timeline`;
    const { body } = await plane.call('GET', alpha, undefined, { token: owner.token });
    const { timeline } = z.object({ timeline: z.array(z.looseObject({ kind: z.string() })) }).parse(body);
    expect(timeline.filter(({ kind }) => kind === 'settings')).toEqual([
      {
        kind: 'settings',
        at: expect.any(String),
        askedBy: expect.objectContaining({ id: owner.user.id }),
        before: { name: 'before' },
        after: { name: 'after' },
        status: 'SUCCEEDED',
      },
    ]);
  });

  test('to what is there already writes nothing, however it is said', async () => {
    const request = {
      name: 'same',
      description: 'as ever',
      schedulerSize: 'MEDIUM',
      workerQueues: [queue()],
      environmentVariables: [{ key: 'SHOWN', value: 'a', isSecret: false }],
    };
    const at = `/deployments/${await create('same', request)}`;
    const { body: present } = await get(at);
    const before = await table();
    for (const same of [{}, { description: 'as ever' }, request]) {
      expect(await post(at, same)).toMatchObject({ status: 200, body: present });
      expect(await table()).toEqual(before);
    }
  });

  test('past the plan names the limit, also when the plan has changed since', async () => {
    await setPlan(plane, owner, 'TRIAL');
    const { status, body } = await post(path, { workerQueues: [queue({ maxWorkerCount: 6 })] });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('The TRIAL plan allows at most 5 workers a queue');
    await setPlan(plane, owner, 'TEAM');
  });

  test('past the plan is refused only where it would be further past it than it is', async () => {
    const large = (changes: object) => queue({ name: 'large', isDefault: false, ...changes });
    const id = await create('downgraded', {
      schedulerSize: 'EXTRA_LARGE',
      isHighAvailability: true,
      workerQueues: [queue({ maxWorkerCount: 20 }), large({ astroMachine: 'A40' })],
    });
    const at = `/deployments/${id}`;
    await setPlan(plane, owner, 'TRIAL');
    onTestFinished(async () => void (await setPlan(plane, owner, 'TEAM')));
    const taken = async (request: object) => {
      for (const asked of [`${at}?dryRun=plan`, at]) {
        const { status, body } = await post(asked, request);
        expect(status, JSON.stringify(body)).toBe(200);
      }
    };
    const refused = async (request: object, field: string) => {
      for (const asked of [`${at}?dryRun=plan`, at]) {
        const { status, body } = await post(asked, request);
        expect({ status, body }).toMatchObject({
          status: 400,
          body: { fieldErrors: [{ field, code: 'plan_limit' }] },
        });
      }
    };
    await taken({ description: 'still described' });
    await taken({ environmentVariables: [{ key: 'A', value: 'a' }] });
    await taken({ schedulerSize: 'LARGE' });
    await refused({ schedulerSize: 'EXTRA_LARGE' }, 'schedulerSize');
    await taken({ workerQueues: [queue({ maxWorkerCount: 10 }), large({ astroMachine: 'A40' })] });
    await refused(
      { workerQueues: [queue({ maxWorkerCount: 11 }), large({ astroMachine: 'A40' })] },
      'workerQueues[0].maxWorkerCount',
    );
    await refused(
      { workerQueues: [queue({ maxWorkerCount: 10, astroMachine: 'A40' }), large({ astroMachine: 'A40' })] },
      'workerQueues[0].astroMachine',
    );
    await refused(
      { workerQueues: [queue(), queue({ name: 'new', isDefault: false, maxWorkerCount: 6 })] },
      'workerQueues[1].maxWorkerCount',
    );
    await taken({ isHighAvailability: false });
    await refused({ isHighAvailability: true }, 'isHighAvailability');
  });

  test('to a name that is taken answers 409, and the old name is free after another change', async () => {
    await create('taken');
    expect((await post(path, { name: 'TAKEN' })).status).toBe(409);
    expect((await post(path, { name: 'renamed' })).status).toBe(200);
    await create('changing');
    expect((await post(path, { name: 'changing' })).status).toBe(409);
  });

  test('of one that is being deleted answers 409', async () => {
    const id = await create('going');
    const at = `${owner.path}/deployments/${id}`;
    expect((await plane.call('DELETE', at, undefined, { token: owner.token })).status).toBe(204);
    expect((await post(`/deployments/${id}`, { description: 'stay' })).status).toBe(409);
  });

  test('is made however many are made at once', async () => {
    const id = await create('busy');
    const requests = Array.from({ length: 40 }, (_, number) => ({
      schedulerSize: number % 2 === 0 ? 'MEDIUM' : 'LARGE',
      contactEmails: [`person-${number}@example.com`],
    }));
    const answers = await Promise.all(requests.map((request) => post(`/deployments/${id}`, request)));
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 200));
    expect(requests).toContainEqual(
      z
        .object({ schedulerSize: z.string(), contactEmails: z.array(z.string()) })
        .parse((await get(`/deployments/${id}`)).body),
    );
  });
});

describe('a plan', () => {
  test('is answered, and nothing is written', async () => {
    const before = await table();
    const { status, body } = await post(`${path}?dryRun=plan`, { schedulerSize: 'LARGE' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      plan: { kind: 'create', components: { started: ['control', 'api', 'worker-default-1'] } },
    });
    expect(await table()).toEqual(before);
  });

  test('of another kind is refused with the field, and so is one of what has none', async () => {
    expect((await post(`${path}?dryRun=yes`, {})).body).toMatchObject({ fieldErrors: [{ field: 'dryRun' }] });
    expect((await get(`${path}?dryRun=plan`)).body).toMatchObject({ fieldErrors: [{ field: 'dryRun' }] });
  });
});
