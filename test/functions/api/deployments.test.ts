import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createDeployment } from '../../../core/deployment/create.ts';
import { planDelete } from '../../../core/deployment/delete.ts';
import { deploymentPage } from '../../../core/deployment/list.ts';
import { newId } from '../../../core/id.ts';
import { advanceDeployment } from '../../../core/operation/advance.ts';
import { intercept } from '../../../core/store/intercept.ts';
import { destinationOf } from '../../../local/front-door/destination.ts';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { queue, WRONG_QUEUES } from '../../support/queues.ts';

const MARKER = 'planted-marker-value';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  await setPlan(plane, owner, 'TEAM');
});
afterAll(() => plane.stop());

/** The platform itself, at this moment. */
const system = () =>
  ({ now: plane.now(), actor: { type: 'system', name: 'test' }, requestId: 'test' }) as const;
const get = (path: string, account = owner) =>
  plane.call('GET', `${account.path}${path}`, undefined, { token: account.token });
const post = (path: string, body: unknown, account = owner) =>
  plane.call('POST', `${account.path}${path}`, body, { token: account.token });
const remove = (path: string, account = owner) =>
  plane.call('DELETE', `${account.path}${path}`, undefined, { token: account.token });
const create = (request: object, account = owner) =>
  post('/deployments', { workspaceId: account.workspace.id, ...request }, account);

describe('a create', () => {
  test('takes what the CLI sends, and answers what is desired', async () => {
    const { status, body } = await create({
      name: 'from the CLI',
      description: '',
      type: 'STANDARD',
      astroRuntimeVersion: '3.3-2',
      executor: 'ASTRO',
      cloudProvider: 'AZURE',
      region: 'us-east-1',
      isCicdEnforced: false,
      isDagDeployEnabled: true,
      isHighAvailability: false,
      isDevelopmentMode: false,
      defaultTaskPodCpu: '0.25',
      defaultTaskPodMemory: '0.5Gi',
      resourceQuotaCpu: '10',
      resourceQuotaMemory: '20Gi',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'from the CLI',
      status: 'CREATING',
      type: 'STANDARD',
      cloudProvider: 'AZURE',
      region: 'us-east-1',
      workspaceName: owner.workspace.name,
      astroRuntimeVersion: '3.3-2',
      airflowVersion: '3.3.2',
      executor: 'ASTRO',
      schedulerSize: 'SMALL',
      resourceQuotaCpu: '10',
      workerQueues: [{ name: 'default', astroMachine: 'A5', workerConcurrency: 5, podCpu: '1' }],
    });
  });

  test('has the executor that is asked for', async () => {
    const { status, body } = await create({ name: 'of Celery', executor: 'CELERY' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ executor: 'CELERY', workerQueues: [{ name: 'default' }] });
  });

  test('keeps the values of secret variables in Secrets Manager alone', async () => {
    const { status, body } = await create({
      name: 'secretive',
      environmentVariables: [
        { key: 'TOKEN', value: MARKER, isSecret: true },
        { key: 'PLAIN', value: 'seen', isSecret: false },
      ],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      environmentVariables: [
        { key: 'TOKEN', isSecret: true },
        { key: 'PLAIN', isSecret: false, value: 'seen' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(MARKER);
    const table = await plane.services.database.send(
      new ScanCommand({ TableName: plane.services.environment.TABLE_NAME }),
    );
    expect(JSON.stringify(table.Items)).not.toContain(MARKER);
  });

  test.each([
    [{ executor: 'KUBERNETES' }, 'executor'],
    [{ astroRuntimeVersion: '3.3-9' }, 'astroRuntimeVersion'],
    [{ type: 'HYBRID' }, 'type'],
    [{ region: 'eu-west-1' }, 'region'],
    [{ clusterId: newId() }, 'clusterId'],
    [{ resourceQuotaCpu: 'banana' }, 'resourceQuotaCpu'],
    [{ defaultTaskPodMemory: '-1Gi' }, 'defaultTaskPodMemory'],
    [{ schedulerSize: 'HUGE' }, 'schedulerSize'],
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ replicas: 2 }, 'replicas'],
    [{ isDevelopmentMode: true, isHighAvailability: true }, 'isHighAvailability'],
    ...WRONG_QUEUES,
    [{ environmentVariables: [{ key: 'WINDSOCK_X', value: 'x' }] }, 'environmentVariables[0].key'],
    [{ environmentVariables: [{ key: 'A', value: 'x'.repeat(70_000) }] }, 'environmentVariables'],
  ])('with %j answers 400 that names %s', async (request, field) => {
    const { status, body } = await create({ name: 'wrong', ...request });
    expect(status).toBe(400);
    expect(body).toMatchObject({ fieldErrors: expect.arrayContaining([expect.objectContaining({ field })]) });
    expect((await get('/deployments?names=wrong')).body).toMatchObject({ totalCount: 0 });
  });

  test.each([
    [{ workerQueues: [queue({ podEphemeralStorage: '10Gi' })] }, 'workerQueues[0].podEphemeralStorage'],
    [{ drWorkloadIdentity: 'arn:aws:iam::1:role/airflow' }, 'drWorkloadIdentity'],
  ])('with %j is told that %s is not offered, and so is an update', async (request, field) => {
    const { body } = await create({ name: `before ${field}` });
    const path = `/deployments/${z.object({ id: z.string() }).parse(body).id}`;
    for (const answer of [await create({ name: 'wrong', ...request }), await post(path, request)]) {
      expect(answer).toMatchObject({
        status: 400,
        body: { fieldErrors: [{ field, message: expect.stringContaining('not offered') }] },
      });
    }
  });

  test('takes what says nothing of what is not offered', async () => {
    const nothing = { scalingSpec: null, drWorkloadIdentity: '' };
    const workerQueues = [queue({ podEphemeralStorage: null })];
    expect((await create({ name: 'plain', ...nothing, workerQueues })).status).toBe(200);
  });

  test('in a workspace that does not exist answers 404', async () => {
    expect((await create({ name: 'nowhere', workspaceId: newId() })).status).toBe(404);
  });

  test('asked two hundred times at once with one name makes one, and 199 answers say 409', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        create({ name: 'Wanted', environmentVariables: [{ key: 'A', value: MARKER, isSecret: true }] }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(199);
    expect((await get('/deployments?names=Wanted')).body).toMatchObject({ totalCount: 1 });
    expect((await create({ name: 'wANTED' })).status).toBe(409);
  });

  test('asked again with the same id is the same deployment', async () => {
    const request = { name: 'Same', workspaceId: owner.workspace.id };
    const id = newId();
    const ask = () => createDeployment(system(), plane.services, owner.organization.id, request, id);
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(second.deploymentId).toBe(first.deploymentId);
    expect((await ask()).deploymentId).toBe(id);
  });
});

describe('a trial', () => {
  test('has one deployment, however many are asked for at once; a taken name is told first', async () => {
    const trial = await signUp(plane);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => create({ name: `Trial ${number}` }, trial)),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    const refusals = answers.filter(({ status }) => status !== 200);
    expect(refusals.every(({ status }) => status === 400)).toBe(true);
    expect(refusals[0]?.body).toMatchObject({ fieldErrors: [{ field: 'deployments', code: 'plan_limit' }] });
    const { body } = await get('/deployments', trial);
    expect(body).toMatchObject({ totalCount: 1 });
  });

  test.each([
    [{ workerQueues: [queue({ maxWorkerCount: 6 })] }, 'workerQueues[0].maxWorkerCount'],
    [{ workerQueues: [queue({ astroMachine: 'A40' })] }, 'workerQueues[0].astroMachine'],
    [{ schedulerSize: 'LARGE' }, 'schedulerSize'],
    [{ isHighAvailability: true }, 'isHighAvailability'],
  ])('with %j answers 400 that names the limit of %s', async (request, field) => {
    const trial = await signUp(plane);
    const { status, body } = await create({ name: 'Large', ...request }, trial);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      fieldErrors: expect.arrayContaining([expect.objectContaining({ field, code: 'plan_limit' })]),
    });
  });
});

describe('a deployment', () => {
  test('says where its Airflow is: the front door leads there', async () => {
    const { body } = await create({ name: 'linked' });
    const Links = z.object({
      namespace: z.string(),
      uiUrl: z.string(),
      webServerUrl: z.string(),
      apiUrl: z.string(),
      webServerAirflowApiUrl: z.string(),
    });
    const { namespace, ...links } = Links.parse(body);
    const home = `${plane.services.environment.PUBLIC_URL}/${namespace}`;
    expect(links).toEqual({
      uiUrl: home,
      webServerUrl: home,
      apiUrl: `${home}/api/v2`,
      webServerAirflowApiUrl: `${home}/api/v2`,
    });
    for (const link of Object.values(links)) {
      expect(destinationOf(new URL(link).pathname)).toEqual({ kind: 'airflow', namespace });
    }
  });

  test('is deleted once, however often it is asked, and nothing else can be asked for then', async () => {
    const { body } = await create({ name: 'short-lived' });
    const { id } = body as { id: string };
    expect((await remove(`/deployments/${id}`)).status).toBe(204);
    expect((await remove(`/deployments/${id}`)).status).toBe(204);
    expect((await get(`/deployments/${id}`)).body).toMatchObject({ status: 'DEPLOYING' });
    expect((await post(`/deployments/${id}/deploys`, { type: 'DAG_ONLY' })).status).toBe(409);
  });

  test('is not there for another tenant', async () => {
    const { body } = await create({ name: 'mine' });
    const { id } = body as { id: string };
    const stranger = await signUp(plane);
    const asStranger = await plane.call('GET', `${owner.path}/deployments/${id}`, undefined, {
      token: stranger.token,
    });
    expect(asStranger.status).toBe(404);
    expect((await get(`/deployments/${id}`, stranger)).status).toBe(404);
  });

  test('of which an event comes late, twice or after its end is left as it is', async () => {
    const ids = { organizationId: owner.organization.id, deploymentId: newId() };
    await expect(advanceDeployment(system(), plane.services, ids)).resolves.toBeUndefined();
  });
});

test.each([
  { asked: {}, reads: 3, names: 0 },
  { asked: { limit: 0 }, reads: 0, names: 0 },
  { asked: { limit: 1 }, reads: 1, names: 0 },
  { asked: { limit: 1, offset: 1, sorts: ['createdAt:desc'] }, reads: 2, names: 0 },
  { asked: { limit: 1, offset: 1, sorts: ['name:asc'] }, reads: 1, names: 6 },
  { asked: { limit: 2, sorts: ['workspaceId:asc', 'createdAt:asc'] }, reads: 2, names: 6 },
  { asked: { names: ['listed 1'] }, reads: 1, names: 6 },
  { asked: { deploymentIds: ['cnowhere'] }, reads: 0, names: 0 },
  { asked: { workspaceIds: ['cnowhere'] }, reads: 0, names: 0 },
  { asked: { workspaceIds: Array.from({ length: 10 }, newId) }, reads: 0, names: 0 },
  { asked: { workspaceIds: Array.from({ length: 11 }, newId) }, reads: 0, names: 6 },
  { asked: { limit: 1, sorts: ['updatedAt:desc'] }, reads: 3, names: 6 },
])('a list of $asked reads $reads of three deployments, $names names, and nothing else', async (given) => {
  const account = await signUp(plane, 'Listed');
  await setPlan(plane, account, 'TEAM');
  await post('/workspaces', { name: 'Another' }, account);
  await plane.call('POST', `${account.path}/teams`, { name: 'A team' }, account);
  for (const number of [1, 2, 3]) await create({ name: `listed ${number}` }, account);
  const Items = z.array(z.object({ __edb_e__: z.string() })).default([]);
  const Answer = z.object({ Items, Responses: z.record(z.string(), Items).default({}) });
  const read: string[] = [];
  const counting = intercept(plane.services.database, async (command, pass) => {
    const answer = await pass(command);
    const { Items, Responses } = Answer.parse(answer);
    read.push(...[Items, ...Object.values(Responses)].flat().map((item) => item.__edb_e__));
    return answer;
  });
  await deploymentPage(system(), plane.services.through(counting), account.organization.id, {
    ...{ offset: 0, limit: 20, sorts: [], deploymentIds: [], names: [], workspaceIds: [] },
    ...given.asked,
  });
  const expected = [...Array(given.reads).fill('deployment'), ...Array(given.names).fill('name')];
  expect(read.toSorted()).toEqual(expected);
});

test('deployments whose ids tell nothing of their age are listed newest first, too', async () => {
  const account = await signUp(plane, 'Old');
  await setPlan(plane, account, 'TEAM');
  const { organization, workspace } = account;
  const made = async (name: string, id?: string) => {
    await createDeployment(
      system(),
      plane.services,
      organization.id,
      { name, workspaceId: workspace.id },
      id,
    );
    plane.advanceClock(1);
  };
  await made('oldest', `c${'z'.repeat(24)}`);
  await made('older', `c${'a'.repeat(24)}`);
  await made('newest');
  const list = async (query: string) => {
    const { body } = await get(`/deployments?${query}`, account);
    const page = z.object({ totalCount: z.int(), deployments: z.array(z.object({ name: z.string() })) });
    const { deployments, totalCount } = page.parse(body);
    return [deployments.map(({ name }) => name).join(' '), totalCount];
  };
  expect(await list('')).toEqual(['newest older oldest', 3]);
  expect(await list('limit=1')).toEqual(['newest', 3]);
  expect(await list('offset=9007199254740991')).toEqual(['', 3]);
});

test('the plan of a delete that is over in that very moment says that there is no such deployment', async () => {
  const { body } = await create({ name: 'going' });
  const ids = {
    organizationId: owner.organization.id,
    deploymentId: z.object({ id: z.string() }).parse(body).id,
  };
  const { deployment } = plane.services.store(ids.organizationId).entities;
  await deployment.patch(ids).set({ running: 1 }).go();
  const forgetting = intercept(plane.services.database, async (command, pass) => {
    if (JSON.stringify(command.input).includes('revision#')) await deployment.delete(ids).go();
    return await pass(command);
  });
  await expect(planDelete(plane.services.through(forgetting), ids)).rejects.toMatchObject({
    statusCode: 404,
  });
});
