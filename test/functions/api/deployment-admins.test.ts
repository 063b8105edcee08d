import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

/** Who gives access to one deployment, and holds no other role: an API token, as in CI, and a person. */
let plane: ControlPlane;
let owner: Account;
let deploymentId: string;
let otherId: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  await setPlan(plane, owner, 'TEAM');
  const workspaceId = owner.workspace.id;
  deploymentId = await create('/deployments', { name: 'own', workspaceId });
  otherId = await create('/deployments', { name: 'other', workspaceId });
});
afterAll(() => plane.stop());

const as = ({ token }: { token: string }, method: string, path: string, body?: unknown) =>
  plane.call(method, `${owner.path}${path}`, body, { token });
async function create(path: string, request: object): Promise<string> {
  const { body } = await as(owner, 'POST', path, request);
  return z.object({ id: z.string() }).parse(body, { error: () => JSON.stringify(body) }).id;
}

const ADMIN = 'DEPLOYMENT_ADMIN';
const ROLES = { organizationRole: 'ORGANIZATION_MEMBER' };
const on = (id: string, role = ADMIN) => ({ deploymentId: id, role });

/** What somebody holds on workspaces and deployments, as the owner sees it, in no order. */
async function heldBy(path: string) {
  const { body } = await as(owner, 'GET', path);
  const lists = z.object({ workspaceRoles: z.array(z.unknown()), deploymentRoles: z.array(z.unknown()) });
  const { workspaceRoles, deploymentRoles } = lists.parse(body);
  return { workspaceRoles, deploymentRoles: new Set(deploymentRoles) };
}

async function tokenWith(role: string): Promise<{ token: string }> {
  const request = { name: role, scope: 'DEPLOYMENT', entityId: deploymentId, role };
  const { body } = await as(owner, 'POST', '/tokens', request);
  return z.object({ token: z.string() }).parse(body, { error: () => JSON.stringify(body) });
}
async function person(roles: object): Promise<Account> {
  const account = await join(plane, owner);
  const asked = await as(owner, 'POST', `/users/${account.user.id}/roles`, { ...ROLES, ...roles });
  expect(asked.status).toBe(200);
  return account;
}

describe.each([
  ['an API token', () => tokenWith(ADMIN)],
  ['a person', () => person({ deploymentRoles: [on(deploymentId)] })],
])('%s who gives access to a deployment', (_, admitted) => {
  let admin: { token: string };
  let path: string;
  beforeAll(async () => {
    admin = await admitted();
    const member = await person({
      workspaceRoles: [{ workspaceId: owner.workspace.id, role: 'WORKSPACE_MEMBER' }],
      deploymentRoles: [on(otherId)],
    });
    path = `/users/${member.user.id}`;
  });

  test('finds a member as the CLI does, lets them in and out, and keeps what they hold elsewhere', async () => {
    const before = await heldBy(path);
    const listed = await as(admin, 'GET', '/users?limit=1000');
    const ids = z.object({ users: z.array(z.object({ id: z.string() })) }).parse(listed.body);
    expect(ids.users.map(({ id }) => `/users/${id}`)).toContain(path);
    expect((await as(admin, 'GET', path)).body).toMatchObject({
      ...ROLES,
      workspaceRoles: [],
      deploymentRoles: [],
    });
    const shown = { ...ROLES, workspaceRoles: [], deploymentRoles: [on(deploymentId)] };
    expect(await as(admin, 'POST', `${path}/roles`, shown)).toMatchObject({ status: 200, body: shown });
    const both = new Set([on(otherId), on(deploymentId)]);
    expect(await heldBy(path)).toEqual({ ...before, deploymentRoles: both });
    const none = { ...shown, deploymentRoles: [] };
    expect(await as(admin, 'POST', `${path}/roles`, none)).toMatchObject({ status: 200, body: none });
    expect(await heldBy(path)).toEqual(before);
  });

  test('does the same with a team', async () => {
    const team = `/teams/${await create('/teams', { name: `of ${path}` })}`;
    const elsewhere = { ...ROLES, deploymentRoles: [on(otherId)] };
    expect((await as(owner, 'POST', `${team}/roles`, elsewhere)).status).toBe(200);
    expect((await as(admin, 'GET', team)).body).toMatchObject({ deploymentRoles: [] });
    const request = { ...ROLES, workspaceRoles: [], deploymentRoles: [on(deploymentId)] };
    expect(await as(admin, 'POST', `${team}/roles`, request)).toMatchObject({ status: 200, body: request });
    const both = new Set([on(otherId), on(deploymentId)]);
    expect(await heldBy(team)).toEqual({ workspaceRoles: [], deploymentRoles: both });
  });

  test('gives and takes no roles elsewhere, and removes nobody', async () => {
    const before = await heldBy(path);
    const workspaceRoles = [{ workspaceId: owner.workspace.id, role: 'WORKSPACE_OWNER' }];
    for (const [request, status] of [
      [{ ...ROLES, deploymentRoles: [on(otherId)] }, 200],
      [{ ...ROLES, workspaceRoles }, 404],
      [{ organizationRole: 'ORGANIZATION_OWNER' }, 403],
      [{ organizationRole: 'ORGANIZATION_BILLING_ADMIN', deploymentRoles: [on(deploymentId)] }, 403],
      [{}, 403],
    ] as const) {
      const answer = await as(admin, 'POST', `${path}/roles`, request);
      expect({ request, status: answer.status }).toEqual({ request, status });
    }
    expect(await heldBy(path)).toEqual(before);
    const stranger = await person({});
    const give = { ...ROLES, deploymentRoles: [on(otherId)] };
    expect((await as(admin, 'POST', `/users/${stranger.user.id}/roles`, give)).status).toBe(404);
  });

  test('makes no team and no invite, and lets nobody into a team', async () => {
    const team = `/teams/${await create('/teams', { name: `closed to ${path}` })}`;
    for (const [method, at, request] of [
      ['POST', '/teams', { name: 'mine' }],
      ['POST', team, { name: 'mine' }],
      ['DELETE', team, undefined],
      ['POST', `${team}/members`, { memberIds: [owner.user.id] }],
      ['POST', '/invites', { inviteeEmail: 'new@example.com', role: 'ORGANIZATION_MEMBER' }],
      ['POST', `${team}/roles`, { organizationRole: 'ORGANIZATION_OWNER' }],
    ] as const) {
      expect({ at, status: (await as(admin, method, at, request)).status }).toEqual({ at, status: 403 });
    }
  });
});

test('who holds a role of the organization that lets them give access gives no more than it permits', async () => {
  const permissions = ['deployment.get', 'member.get', 'member.update'];
  const roles = { scopeType: 'DEPLOYMENT', permissions };
  await create('/roles', { name: 'Usher', ...roles });
  await create('/roles', { name: 'Guest', ...roles, permissions: ['deployment.get'] });
  const usher = await tokenWith('Usher');
  const { user } = await person({});
  const give = (role: string) =>
    as(usher, 'POST', `/users/${user.id}/roles`, { ...ROLES, deploymentRoles: [on(deploymentId, role)] });
  expect((await give('Guest')).status).toBe(200);
  expect((await give(ADMIN)).status).toBe(403);
  expect((await as(usher, 'GET', '/teams')).status).toBe(403);
});

test('who may not give access there is told of no members', async () => {
  await create('/roles', {
    name: 'Deployer',
    scopeType: 'DEPLOYMENT',
    permissions: ['deployment.get', 'deploy.create'],
  });
  const deployer = await tokenWith('Deployer');
  expect((await as(deployer, 'GET', '/users')).status).toBe(403);
  expect((await as(deployer, 'GET', `/users/${owner.user.id}`)).status).toBe(403);
  expect((await as(deployer, 'POST', `/users/${owner.user.id}/roles`, ROLES)).status).toBe(403);
});
