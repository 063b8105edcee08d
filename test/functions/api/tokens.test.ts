import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ApiToken } from '../../../core/api-token/schema.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

const DAY = 86_400;

let plane: ControlPlane;
let owner: Account;
let deploymentId: string;
let namespace: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
  await plane.tick();
  const { body } = await get('/deployments');
  const [first] = z
    .object({ deployments: z.array(z.object({ id: z.string(), namespace: z.string() })).min(1) })
    .parse(body).deployments;
  deploymentId = first?.id ?? '';
  namespace = first?.namespace ?? '';
  const organizationId = owner.organization.id;
  await plane.services.globalStore.entities.namespace
    .create({ namespace, organizationId, deploymentId })
    .go();
});
afterAll(() => plane.stop());

const get = (path: string, token = owner.token) =>
  plane.call('GET', `${owner.path}${path}`, undefined, { token });
const post = (path: string, body: unknown, token = owner.token) =>
  plane.call('POST', `${owner.path}${path}`, body, { token });
const remove = (path: string, token = owner.token) =>
  plane.call('DELETE', `${owner.path}${path}`, undefined, { token });

const NewToken = ApiToken.extend({ token: z.string() });
type Scope = 'ORGANIZATION' | 'WORKSPACE' | 'DEPLOYMENT';

const homes = (): Record<Scope, object> => ({
  ORGANIZATION: { scope: 'ORGANIZATION', role: 'ORGANIZATION_OWNER' },
  WORKSPACE: { scope: 'WORKSPACE', entityId: owner.workspace.id, role: 'WORKSPACE_OWNER' },
  DEPLOYMENT: { scope: 'DEPLOYMENT', entityId: deploymentId, role: 'DEPLOYMENT_ADMIN' },
});
const create = async (scope: Scope, changes: object = {}, by = owner.token) => {
  const answer = await post('/tokens', { name: 'CI', ...homes()[scope], ...changes }, by);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return NewToken.parse(answer.body);
};
const claimsOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
/** Lets what is remembered of tokens pass. */
const forget = () => plane.advanceClock(4);

describe('an API token', () => {
  test('of an organization is created with its role, and its text is shown once', async () => {
    const created = await create('ORGANIZATION', { description: 'deploys at night' });
    expect(created).toMatchObject({
      name: 'CI',
      description: 'deploys at night',
      kind: 'STANDARD',
      scope: 'ORGANIZATION',
      roles: [{ entityType: 'ORGANIZATION', entityId: owner.organization.id, role: 'ORGANIZATION_OWNER' }],
      shortToken: created.token.slice(-8),
      createdBy: { id: owner.user.id, subjectType: 'USER' },
    });
    expect(created).not.toHaveProperty('endAt');
    const shown = await get(`/tokens/${created.id}`);
    expect(shown.status).toBe(200);
    expect(shown.body).not.toHaveProperty('token');
    expect(JSON.stringify((await get('/tokens?limit=1000')).body)).not.toContain(created.token);
  });

  test('says in its claims what the CLI reads', async () => {
    const { id, token } = await create('DEPLOYMENT', { tokenExpiryPeriodInDays: 1 });
    expect(claimsOf(token)).toMatchObject({
      sub: id,
      apiTokenId: id,
      permissions: [
        `apiTokenId:${id}`,
        `organizationId:${owner.organization.id}`,
        `workspaceId:${owner.workspace.id}`,
        `deploymentId:${deploymentId}`,
      ],
      exp: expect.any(Number),
    });
    const endless = await create('ORGANIZATION');
    expect(claimsOf(endless.token)).not.toHaveProperty('exp');
  });

  test('is kept as its hash alone', async () => {
    const { token } = await create('WORKSPACE');
    const { Items } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
    expect(JSON.stringify(Items)).not.toContain(token.split('.')[2]);
  });

  test('of an organization acts in it, and is named by what it makes', async () => {
    const { id, token } = await create('ORGANIZATION');
    const organizations = await plane.call('GET', '/v1/organizations', undefined, { token });
    expect(organizations.body).toMatchObject({ totalCount: 1, organizations: [{ name: 'Gale' }] });
    expect((await get('', token)).status).toBe(200);
    expect((await get('/deployments', token)).body).toMatchObject({ totalCount: 1 });
    const made = await create('ORGANIZATION', { name: 'made by a token' }, token);
    expect(made.createdBy).toEqual({ id, subjectType: 'SERVICEKEY', apiTokenName: 'CI' });
  });

  test('of a workspace works in the workspace, and nowhere else', async () => {
    const { token } = await create('WORKSPACE', { role: 'WORKSPACE_AUTHOR' });
    expect((await get(`/workspaces/${owner.workspace.id}`, token)).status).toBe(200);
    expect((await get('/workspaces', token)).body).toMatchObject({ totalCount: 1 });
    expect((await get('/deployments', token)).body).toMatchObject({ totalCount: 1 });
    expect((await get('/deployment-options', token)).status).toBe(200);
    expect((await remove(`/deployments/${deploymentId}`, token)).status).toBe(403);
    expect((await post('/workspaces', { name: 'Another' }, token)).status).toBe(403);
    expect((await get('/users', token)).status).toBe(403);
    expect((await get(`/users?workspaceId=${owner.workspace.id}`, token)).status).toBe(200);
    const other = await signUp(plane, 'Other');
    const elsewhere = await plane.call('GET', other.path, undefined, { token });
    expect(elsewhere.status).toBe(404);
  });

  test('of a deployment reaches that deployment, and its Airflow', async () => {
    const { id, token } = await create('DEPLOYMENT');
    expect((await get(`/deployments/${deploymentId}`, token)).status).toBe(200);
    expect((await get('/deployments', token)).body).toMatchObject({ totalCount: 1 });
    expect((await get(`/workspaces/${owner.workspace.id}`, token)).status).toBe(404);
    expect((await get('/workspaces', token)).body).toMatchObject({ totalCount: 0 });
    const door = await plane.call(
      'POST',
      '/private/v1alpha1/front-door/authorize',
      { namespace, authorization: `Bearer ${token}` },
      { headers: { 'x-windsock-front-door': plane.secret.frontDoorToken } },
    );
    expect(door).toMatchObject({ status: 200, body: { subject: `api-token:${id}`, role: 'ADMIN' } });
  });

  test('of another tenant is not let in at the front door', async () => {
    const other = await signUp(plane, 'Other');
    const answer = await plane.call(
      'POST',
      `${other.path}/tokens`,
      { name: 'CI', scope: 'ORGANIZATION', role: 'ORGANIZATION_OWNER' },
      { token: other.token },
    );
    const { token } = NewToken.parse(answer.body);
    const door = await plane.call(
      'POST',
      '/private/v1alpha1/front-door/authorize',
      { namespace, authorization: `Bearer ${token}` },
      { headers: { 'x-windsock-front-door': plane.secret.frontDoorToken } },
    );
    expect(door.status).toBe(404);
  });

  test('is no user', async () => {
    const { token } = await create('ORGANIZATION');
    expect((await plane.call('GET', '/v1/users/self', undefined, { token })).status).toBe(403);
    expect((await plane.call('POST', '/v1alpha1/signin-links', undefined, { token })).status).toBe(403);
  });

  test('ends after its days', async () => {
    const { token, endAt } = await create('ORGANIZATION', { tokenExpiryPeriodInDays: 2 });
    expect(Date.parse(endAt ?? '') - plane.now().getTime()).toBeGreaterThan(2 * DAY * 1000 - 60_000);
    plane.advanceClock(2 * DAY - 60);
    expect((await get('', token)).status).toBe(200);
    plane.advanceClock(120);
    expect((await get('', token)).status).toBe(401);
    plane.advanceClock(-2 * DAY - 60);
  });

  test('is refused within seconds once it is deleted', async () => {
    const { id, token } = await create('ORGANIZATION');
    expect((await get('', token)).status).toBe(200);
    expect((await remove(`/tokens/${id}`)).status).toBe(204);
    expect((await remove(`/tokens/${id}`)).status).toBe(404);
    forget();
    expect(await get('', token)).toMatchObject({
      status: 401,
      body: { message: expect.stringContaining('revoked') },
    });
  });

  test('that is rotated has a new text, and the old one is refused', async () => {
    const { id, token } = await create('WORKSPACE', { tokenExpiryPeriodInDays: 3 });
    forget();
    const answer = await post(`/tokens/${id}/rotate`, undefined);
    expect(answer.status).toBe(200);
    const rotated = NewToken.parse(answer.body);
    expect(rotated).toMatchObject({ id, expiryPeriodInDays: 3, lastRotatedAt: expect.any(String) });
    expect(rotated.token).not.toBe(token);
    expect((await get('', rotated.token)).status).toBe(200);
    expect((await get('', token)).status).toBe(401);
  });

  test('says when it was last used, to the minute', async () => {
    const { id, token } = await create('ORGANIZATION');
    const lastUsed = async () => ApiToken.parse((await get(`/tokens/${id}`)).body).lastUsedAt;
    expect(await lastUsed()).toBeUndefined();
    await get('', token);
    const first = await lastUsed();
    expect(first).toEqual(expect.any(String));
    plane.advanceClock(30);
    await get('', token);
    expect(await lastUsed()).toBe(first);
    plane.advanceClock(31);
    await Promise.all([1, 2, 3].map(() => get('', token)));
    expect(Date.parse((await lastUsed()) ?? '')).toBeGreaterThan(Date.parse(first ?? ''));
  });

  test('is renamed and described', async () => {
    const { id } = await create('ORGANIZATION', { description: 'kept' });
    expect((await post(`/tokens/${id}`, { name: 'Nightly' })).body).toMatchObject({
      name: 'Nightly',
      description: 'kept',
      updatedBy: { id: owner.user.id },
    });
    expect((await post(`/tokens/${id}`, { name: 'Nightly', description: '' })).body).toMatchObject({
      description: '',
    });
  });

  test.each([
    ['name', { name: '' }],
    ['scope', { scope: 'DAG' }],
    ['role', { role: 'WORKSPACE_OWNER' }],
    ['role', { role: undefined }],
    ['kind', { kind: 'DIRECT_ACCESS' }],
    ['entityId', { entityId: 'something' }],
    ['entityId', { scope: 'WORKSPACE', role: 'WORKSPACE_OWNER' }],
    ['tokenExpiryPeriodInDays', { tokenExpiryPeriodInDays: 0 }],
    ['tokenExpiryPeriodInDays', { tokenExpiryPeriodInDays: 3651 }],
    ['tokenExpiryPeriodInDays', { tokenExpiryPeriodInDays: 1.5 }],
  ])('with a wrong %s is refused and named', async (field, wrong) => {
    const answer = await post('/tokens', { name: 'CI', ...homes().ORGANIZATION, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } });
  });

  test('of what is not there is refused', async () => {
    const entityId = `c${'0'.repeat(24)}`;
    for (const scope of ['WORKSPACE', 'DEPLOYMENT'] as const) {
      expect((await post('/tokens', { name: 'CI', ...homes()[scope], entityId })).status).toBe(404);
    }
  });
});

describe('the roles of an API token', () => {
  const entry = (entityType: Scope, entityId: string, role: string) => ({ entityType, entityId, role });

  test('of an organization are given on workspaces and deployments, and taken away', async () => {
    const { id, token } = await create('ORGANIZATION', { role: 'ORGANIZATION_MEMBER' });
    expect((await get(`/deployments/${deploymentId}`, token)).status).toBe(404);
    const roles = [
      entry('ORGANIZATION', owner.organization.id, 'ORGANIZATION_MEMBER'),
      entry('WORKSPACE', owner.workspace.id, 'WORKSPACE_MEMBER'),
      entry('DEPLOYMENT', deploymentId, 'DEPLOYMENT_ADMIN'),
    ];
    expect(await post(`/tokens/${id}/roles`, { roles })).toMatchObject({
      status: 200,
      body: {
        organizationRole: 'ORGANIZATION_MEMBER',
        workspaceRoles: [{ workspaceId: owner.workspace.id, role: 'WORKSPACE_MEMBER' }],
        deploymentRoles: [{ deploymentId, role: 'DEPLOYMENT_ADMIN' }],
      },
    });
    expect((await get(`/tokens/${id}`)).body).toMatchObject({ roles });
    forget();
    expect((await get(`/deployments/${deploymentId}`, token)).status).toBe(200);
    await post(`/tokens/${id}/roles`, { roles: roles.slice(0, 1) });
    forget();
    expect((await get(`/deployments/${deploymentId}`, token)).status).toBe(404);
  });

  test('stay within what it is scoped to', async () => {
    const inWorkspace = await create('WORKSPACE');
    const inDeployment = await create('DEPLOYMENT');
    const ofOrganization = [entry('ORGANIZATION', owner.organization.id, 'ORGANIZATION_OWNER')];
    const ofWorkspace = [entry('WORKSPACE', owner.workspace.id, 'WORKSPACE_OWNER')];
    for (const [id, roles] of [
      [inWorkspace.id, ofOrganization],
      [inDeployment.id, ofOrganization],
      [inDeployment.id, ofWorkspace],
    ] as const) {
      expect(await post(`/tokens/${id}/roles`, { roles })).toMatchObject({
        status: 400,
        body: { fieldErrors: [{ field: 'roles[0].entityId' }] },
      });
    }
  });

  test('are never more than those of who gives them', async () => {
    const lesser = await create('WORKSPACE', { role: 'WORKSPACE_AUTHOR' });
    expect((await post('/tokens', { name: 'more', ...homes().WORKSPACE }, lesser.token)).status).toBe(403);
    expect((await post('/tokens', { name: 'more', ...homes().ORGANIZATION }, lesser.token)).status).toBe(403);
    const workspaceOwner = await create('WORKSPACE');
    await create('WORKSPACE', {}, workspaceOwner.token);
    await create('DEPLOYMENT', {}, workspaceOwner.token);
    const admin = await create('DEPLOYMENT');
    await create('DEPLOYMENT', {}, admin.token);
    expect((await post('/tokens', { name: 'more', ...homes().WORKSPACE }, admin.token)).status).toBe(404);
  });

  test('of a token that ends do not outlive it', async () => {
    const { id, token } = await create('ORGANIZATION', { tokenExpiryPeriodInDays: 2 });
    const request = { name: 'longer', ...homes().ORGANIZATION };
    for (const tokenExpiryPeriodInDays of [undefined, 3]) {
      expect(await post('/tokens', { ...request, tokenExpiryPeriodInDays }, token)).toMatchObject({
        status: 400,
        body: { fieldErrors: [{ field: 'tokenExpiryPeriodInDays' }] },
      });
    }
    await create('ORGANIZATION', { tokenExpiryPeriodInDays: 1 }, token);
    plane.advanceClock(3600);
    expect(await post(`/tokens/${id}/rotate`, undefined, token)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('longer than the API token that asks') },
    });
    expect((await post(`/tokens/${id}/rotate`, undefined)).status).toBe(200);
    plane.advanceClock(-3600);
  });

  test('of an organization in a workspace are for its owners to change, and the rest of the token is not', async () => {
    const account = await signUp(plane, 'Shared');
    const call = (method: string, path: string, body?: unknown, token = account.token) =>
      plane.call(method, `${account.path}${path}`, body, { token });
    const organizationToken = NewToken.parse(
      (await call('POST', '/tokens', { name: 'all', ...homes().ORGANIZATION, role: 'ORGANIZATION_MEMBER' }))
        .body,
    );
    const workspaceOwner = NewToken.parse(
      (
        await call('POST', '/tokens', {
          name: 'workspace',
          scope: 'WORKSPACE',
          entityId: account.workspace.id,
          role: 'WORKSPACE_OWNER',
        })
      ).body,
    ).token;
    const path = `/tokens/${organizationToken.id}`;
    expect((await call('GET', path, undefined, workspaceOwner)).status).toBe(404);
    const both = [
      entry('ORGANIZATION', account.organization.id, 'ORGANIZATION_MEMBER'),
      entry('WORKSPACE', account.workspace.id, 'WORKSPACE_AUTHOR'),
    ];
    expect((await call('POST', `${path}/roles`, { roles: both })).status).toBe(200);
    expect((await call('GET', path, undefined, workspaceOwner)).status).toBe(200);
    const operator = [both[0], { ...both[1], role: 'WORKSPACE_OPERATOR' }];
    expect((await call('POST', `${path}/roles`, { roles: operator }, workspaceOwner)).status).toBe(200);
    const more = [{ ...both[0], role: 'ORGANIZATION_OWNER' }, both[1]];
    expect((await call('POST', `${path}/roles`, { roles: more }, workspaceOwner)).status).toBe(403);
    expect((await call('POST', `${path}/rotate`, undefined, workspaceOwner)).status).toBe(403);
    expect((await call('POST', path, { name: 'mine' }, workspaceOwner)).status).toBe(403);
    expect((await call('DELETE', path, undefined, workspaceOwner)).status).toBe(403);
  });
});

describe('a list of API tokens', () => {
  test('is filtered, sorted and paged', async () => {
    const account = await signUp(plane, 'Listed');
    const call = (method: string, path: string, body?: unknown) =>
      plane.call(method, `${account.path}${path}`, body, { token: account.token });
    for (const name of ['b', 'a']) {
      await call('POST', '/tokens', { name, scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' });
    }
    const workspace = { scope: 'WORKSPACE', entityId: account.workspace.id, role: 'WORKSPACE_MEMBER' };
    await call('POST', '/tokens', { name: 'c', ...workspace });
    const names = async (query: string) =>
      z
        .object({ tokens: z.array(ApiToken) })
        .parse((await call('GET', `/tokens?${query}`)).body)
        .tokens.map(({ name }) => name);
    expect(await names('sorts=name:asc')).toEqual(['a', 'b', 'c']);
    expect(await names('sorts=tokenStartAt:desc&limit=1')).toEqual(['c']);
    expect(await names('includeOnlyOrganizationTokens=true&sorts=name:asc')).toEqual(['a', 'b']);
    expect(await names(`workspaceId=${account.workspace.id}`)).toEqual(['c']);
    expect(await names('kind=DIRECT_ACCESS')).toEqual([]);
    expect((await call('GET', `/tokens?deploymentId=c${'0'.repeat(24)}`)).status).toBe(404);
  });
});
