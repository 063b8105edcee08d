import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { intercept } from '../../../core/store/intercept.ts';
import { deleteWorkspace } from '../../../core/workspace/change.ts';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
});
afterAll(() => plane.stop());

const get = (path: string, account = owner) => plane.call('GET', path, undefined, { token: account.token });
const post = (path: string, body: unknown, account = owner) =>
  plane.call('POST', path, body, { token: account.token });
const remove = (path: string, account = owner) =>
  plane.call('DELETE', path, undefined, { token: account.token });

const deletes = ({ input }: TransactWriteCommand, sk: string) =>
  input.TransactItems?.some((item) => item.Delete?.Key?.sk === sk) ?? false;

describe('organizations', () => {
  test('are listed to their members alone', async () => {
    await signUp(plane, 'Another');
    const { status, body } = await get('/v1/organizations?limit=100');
    expect(status).toBe(200);
    expect(body).toMatchObject({ totalCount: 1, offset: 0, limit: 100, organizations: [{ name: 'Gale' }] });
  });

  test('are filtered by product and plan', async () => {
    expect((await get('/v1/organizations?product=HYBRID')).body).toMatchObject({ totalCount: 0 });
    expect((await get('/v1/organizations?productPlan=TRIAL')).body).toMatchObject({ totalCount: 1 });
    expect((await get('/v1/organizations?productPlan=TEAM')).body).toMatchObject({ totalCount: 0 });
    for (const plan of ['BASIC', 'STANDARD', 'PREMIUM', 'BUSINESS_CRITICAL']) {
      const { status, body } = await get(`/v1/organizations?productPlan=${plan}`);
      expect({ plan, status, body }).toMatchObject({ status: 200, body: { totalCount: 0 } });
    }
    expect((await get('/v1/organizations?productPlan=KING')).status).toBe(400);
  });

  test('are put on another plan by the operator, whose token is good for nothing else', async () => {
    const account = await signUp(plane);
    const { status, body } = await setPlan(plane, account, 'TEAM');
    expect(status).toBe(200);
    expect(body).toMatchObject({ productPlans: [{ productPlanName: 'TEAM' }] });
    expect(body).not.toHaveProperty('trialExpiresAt');
    const asUser = await post(`/v1alpha1/operator/organizations/${account.organization.id}`, {
      productPlan: 'TEAM',
    });
    expect(asUser.status).toBe(401);
    const asOperator = await plane.call('GET', account.path, undefined, {
      token: plane.secret.operatorToken,
    });
    expect(asOperator.status).toBe(401);
    const unknown = await plane.call(
      'POST',
      `/v1alpha1/operator/organizations/c${'0'.repeat(24)}`,
      { productPlan: 'TEAM' },
      { token: plane.secret.operatorToken },
    );
    expect(unknown.status).toBe(404);
  });
});

describe('an organization', () => {
  test('is renamed and billed elsewhere by whoever may', async () => {
    const account = await signUp(plane, 'Old');
    const change = (request: object, token = account.token) =>
      plane.call('POST', account.path, request, { token });
    const request = { name: 'New', billingEmail: 'bills@example.com', isScimEnabled: false };
    expect(await change(request)).toMatchObject({
      status: 200,
      body: { name: 'New', billingEmail: 'bills@example.com', updatedBy: { id: account.user.id } },
    });
    expect((await get(account.path, account)).body).toMatchObject({ name: 'New' });
    const billing = await join(plane, account, 'ORGANIZATION_BILLING_ADMIN');
    const member = await join(plane, account);
    expect((await change(request, billing.token)).status).toBe(200);
    expect((await change(request, member.token)).status).toBe(403);
    for (const [field, wrong] of [
      ['name', { name: '' }],
      ['billingEmail', { billingEmail: 'nowhere' }],
      ['isScimEnabled', { isScimEnabled: true }],
      ['shouldEnforceDedicatedClusters', { shouldEnforceDedicatedClusters: true }],
    ] as const) {
      expect(await change({ ...request, ...wrong })).toMatchObject({
        status: 400,
        body: { fieldErrors: [{ field }] },
      });
    }
  });

  test('has the roles of the platform, and at first none of its own', async () => {
    const list = await get(`${owner.path}/roles?includeDefaultRoles=true&scopeTypes=WORKSPACE`);
    expect(list).toMatchObject({ status: 200, body: { roles: [], totalCount: 0 } });
    const names = (list.body as { defaultRoles: { name: string }[] }).defaultRoles.map(({ name }) => name);
    expect(names).toEqual([
      'WORKSPACE_OWNER',
      'WORKSPACE_OPERATOR',
      'WORKSPACE_AUTHOR',
      'WORKSPACE_MEMBER',
      'WORKSPACE_ACCESSOR',
    ]);
    expect((await get(`${owner.path}/roles`)).body).not.toHaveProperty('defaultRoles');
    expect((await get(`${owner.path}/roles/WORKSPACE_MEMBER`)).body).toMatchObject({
      id: 'WORKSPACE_MEMBER',
      permissions: expect.arrayContaining(['deployment.get']),
    });
    expect((await get(`${owner.path}/roles/KING`)).status).toBe(404);
    expect((await get(`${owner.path}/role-templates?scopeTypes=DEPLOYMENT`)).body).toMatchObject([
      { name: 'DEPLOYMENT_ADMIN', scopeType: 'DEPLOYMENT' },
    ]);
    expect((await get('/v1/authorization/permission-groups?scopeType=WORKSPACE')).body).toMatchObject([
      {
        name: 'workspace',
        permissions: expect.arrayContaining([{ action: 'get', description: 'See the workspace' }]),
      },
      { name: 'deployment', permissions: [{ action: 'create', description: 'Create deployments' }] },
    ]);
  });
});

describe('workspaces', () => {
  test('of a trial are one; the error names the limit, and a name conflict is looked at first', async () => {
    const second = await post(`${owner.path}/workspaces`, { name: 'Second' });
    expect(second).toMatchObject({
      status: 400,
      body: {
        fieldErrors: [
          { field: 'workspaces', code: 'plan_limit', message: expect.stringContaining('1 workspace') },
        ],
      },
    });
    const same = await post(`${owner.path}/workspaces`, { name: 'gALE' });
    expect(same.status).toBe(409);
  });

  test('are created, read, changed and deleted, and a deleted name is free again', async () => {
    const account = await signUp(plane, 'Team');
    await setPlan(plane, account, 'TEAM');
    const created = await post(`${account.path}/workspaces`, { name: 'Models', description: 'd' }, account);
    expect(created).toMatchObject({
      status: 200,
      body: {
        name: 'Models',
        description: 'd',
        cicdEnforcedDefault: false,
        organizationId: account.organization.id,
      },
    });
    const { id } = created.body as { id: string };
    const path = `${account.path}/workspaces/${id}`;
    const changed = await post(path, { name: 'Storms', description: '', cicdEnforcedDefault: true }, account);
    expect(changed).toMatchObject({ status: 200, body: { id, name: 'Storms', cicdEnforcedDefault: true } });
    expect((await get(path, account)).body).toEqual(changed.body);
    const taken = await post(path, { name: 'team', description: '', cicdEnforcedDefault: true }, account);
    expect(taken.status).toBe(409);
    expect(await remove(path, account)).toMatchObject({ status: 204, body: undefined });
    expect((await get(path, account)).status).toBe(404);
    expect((await post(`${account.path}/workspaces`, { name: 'Storms' }, account)).status).toBe(200);
  });

  test('take the roles on them along, and their API tokens, when they are deleted', async () => {
    const account = await signUp(plane, 'Shrinking');
    await setPlan(plane, account, 'TEAM');
    const member = await join(plane, account);
    const created = await post(`${account.path}/workspaces`, { name: 'Second' }, account);
    const { id: entityId } = created.body as { id: string };
    const workspaceRoles = [{ workspaceId: entityId, role: 'WORKSPACE_OWNER' }];
    const roles = { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles };
    const path = `${account.path}/users/${member.user.id}`;
    expect((await post(`${path}/roles`, roles, account)).status).toBe(200);
    const token = { name: 'CI', scope: 'WORKSPACE', entityId, role: 'WORKSPACE_OWNER' };
    expect((await post(`${account.path}/tokens`, token, account)).status).toBe(200);
    expect((await remove(`${account.path}/workspaces/${entityId}`, account)).status).toBe(204);
    expect((await get(path, account)).body).toMatchObject({ workspaceRoles: [] });
    expect((await get(`${account.path}/tokens`, account)).body).toMatchObject({ totalCount: 0 });
  });

  test('leave nothing that is scoped to them, also when the function dies once they are deleted', async () => {
    const account = await signUp(plane, 'Dying');
    await setPlan(plane, account, 'TEAM');
    const created = await post(`${account.path}/workspaces`, { name: 'Second' }, account);
    const { id: workspaceId } = created.body as { id: string };
    const token = { name: 'CI', scope: 'WORKSPACE', entityId: workspaceId, role: 'WORKSPACE_OWNER' };
    expect((await post(`${account.path}/tokens`, token, account)).status).toBe(200);
    let dead = false;
    const dying = intercept(plane.services.database, async (command, pass) => {
      if (dead) throw new Error('died');
      const answer = await pass(command);
      dead = command instanceof TransactWriteCommand && deletes(command, `workspace#${workspaceId}`);
      return answer;
    });
    const scope = {
      now: plane.now(),
      requestId: 'test',
      actor: { type: 'system' as const, name: 'test' },
    };
    const ids = { organizationId: account.organization.id, workspaceId };
    await deleteWorkspace(scope, plane.services.through(dying), ids).catch(() => undefined);
    expect(dead).toBe(true);
    expect((await get(`${account.path}/workspaces/${workspaceId}`, account)).status).toBe(404);
    expect((await get(`${account.path}/tokens`, account)).body).toMatchObject({ totalCount: 0 });
  });

  test('with deployments are not deleted, and keep the roles on them', async () => {
    const account = await signUp(plane);
    await plane.tick();
    const entityId = account.workspace.id;
    const token = { name: 'CI', scope: 'WORKSPACE', entityId, role: 'WORKSPACE_OWNER' };
    expect((await post(`${account.path}/tokens`, token, account)).status).toBe(200);
    const { status, body } = await remove(`${account.path}/workspaces/${account.workspace.id}`, account);
    expect(status).toBe(409);
    expect(body).toMatchObject({ message: expect.stringContaining('1 deployment') });
    expect((await get(`${account.path}/tokens`, account)).body).toMatchObject({ totalCount: 1 });
  });

  test('of one name are one, however many ask at once', async () => {
    const account = await signUp(plane);
    await setPlan(plane, account, 'TEAM');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(`${account.path}/workspaces`, { name: 'Same' }, account)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 49 }, () => 409)]);
  });

  test('stay within the plan, however many ask at once', async () => {
    const account = await signUp(plane);
    await remove(`${account.path}/workspaces/${account.workspace.id}`, account);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post(`${account.path}/workspaces`, { name: `Workspace ${index}` }, account),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 400)]);
  });

  test('are listed by page, sorted and filtered', async () => {
    const account = await signUp(plane, 'a');
    await setPlan(plane, account, 'TEAM');
    for (const name of ['c', 'b']) await post(`${account.path}/workspaces`, { name }, account);
    const list = async (query: string) => {
      const { body } = await get(`${account.path}/workspaces?${query}`, account);
      const page = body as { workspaces: { name: string }[]; totalCount: number };
      return [page.workspaces.map(({ name }) => name), page.totalCount];
    };
    expect(await list('sorts=name:asc')).toEqual([['a', 'b', 'c'], 3]);
    expect(await list('sorts=name:desc&limit=1&offset=1')).toEqual([['b'], 3]);
    expect(await list('names=a&names=c&sorts=name:asc')).toEqual([['a', 'c'], 2]);
    expect(await list(`workspaceIds=${account.workspace.id}`)).toEqual([['a'], 1]);
    const wrong = await get(`${account.path}/workspaces?sorts=colour:asc`, account);
    expect(wrong).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'sorts' }] } });
  });
});

describe('options', () => {
  test('of deployments are what the plan allows', async () => {
    const { status, body } = await get(`${owner.path}/deployment-options?deploymentType=STANDARD`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      executors: ['ASTRO', 'CELERY'],
      runtimeReleases: [
        { version: '3.3-2', airflowVersion: '3.3.2' },
        { version: '3.3-1', airflowVersion: '3.3.1' },
      ],
      schedulerMachines: [{ name: 'SMALL' }],
      workerMachines: [{ name: 'A5' }, { name: 'A10' }, { name: 'A20' }],
      workerQueues: { maxWorkers: { floor: 1, ceiling: 5 } },
    });
  });

  test('of deployments are all accepted, by themselves', async () => {
    const account = await signUp(plane, 'Offered');
    await setPlan(plane, account, 'TEAM');
    const Named = z.array(z.object({ name: z.string() }));
    const offered = z
      .object({
        executors: z.array(z.string()),
        runtimeReleases: z.array(z.object({ version: z.string() })),
        schedulerMachines: Named,
        workerMachines: Named,
      })
      .parse((await get(`${account.path}/deployment-options`, account)).body);
    const queue = { name: 'default', minWorkerCount: 0, maxWorkerCount: 1, workerConcurrency: 1 };
    const requests = [
      ...offered.executors.map((executor) => ({ executor })),
      ...offered.runtimeReleases.map(({ version }) => ({ astroRuntimeVersion: version })),
      ...offered.schedulerMachines.map(({ name }) => ({ schedulerSize: name })),
      ...offered.workerMachines.map(({ name }) => ({ workerQueues: [{ ...queue, astroMachine: name }] })),
    ];
    for (const request of requests) {
      const whole = { name: 'offered', workspaceId: account.workspace.id, ...request };
      const answer = await post(`${account.path}/deployments?dryRun=plan`, whole, account);
      expect(answer, JSON.stringify(request)).toMatchObject({
        status: 200,
        body: { plan: { kind: 'create' } },
      });
    }
  });

  test.each([
    ['executor=CELERY', { status: 200, body: { executors: ['CELERY'] } }],
    ['executor=KUBERNETES', { status: 400, body: { fieldErrors: [{ field: 'executor' }] } }],
    ['deploymentType=HYBRID', { status: 400, body: { fieldErrors: [{ field: 'deploymentType' }] } }],
    [`deploymentId=c${'0'.repeat(24)}`, { status: 404 }],
  ])('of deployments with %s', async (query, expected) => {
    expect(await get(`${owner.path}/deployment-options?${query}`)).toMatchObject(expected);
  });

  test('of clusters have the one region; the cell is the cluster', async () => {
    const options = await get(`${owner.path}/cluster-options?provider=AWS&type=DEDICATED`);
    expect(options).toMatchObject({
      status: 200,
      body: [{ provider: 'AWS', regions: [{ name: 'us-east-1' }] }],
    });
    const clusters = await get(`${owner.path}/clusters`);
    expect(clusters).toMatchObject({ status: 200, body: { clusters: [{ id: 'test', status: 'CREATED' }] } });
    expect((await get(`${owner.path}/clusters/other`)).status).toBe(404);
  });
});

describe('the CLI finds', () => {
  test('where to sign in, and the user of a token there', async () => {
    const { body } = await plane.call('GET', '/private/v1alpha1/cli/auth-config');
    expect(body).toEqual({
      clientId: 'cli',
      audience: 'http://localhost:8888',
      domainUrl: 'http://localhost:8888/',
    });
    expect((await get('/userinfo')).body).toMatchObject({ sub: owner.user.id, email: owner.email });
  });

  test('in the token what it reads without asking', () => {
    const claims = JSON.parse(Buffer.from(owner.token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({
      sub: owner.user.id,
      permissions: [
        expect.stringMatching(/^apiTokenId:c[0-9a-z]{24}$/),
        `organizationId:${owner.organization.id}`,
        `workspaceId:${owner.workspace.id}`,
      ],
      exp: expect.any(Number),
    });
  });
});
