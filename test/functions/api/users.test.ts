import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Member } from '../../../core/user/schema.ts';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
  await setPlan(plane, owner, 'TEAM');
});
afterAll(() => plane.stop());

const Users = z.object({ users: z.array(Member), totalCount: z.number() });
const Created = z.object({ id: z.string() });

const get = (path: string, { token } = owner) =>
  plane.call('GET', `${owner.path}${path}`, undefined, { token });
const post = (path: string, body: unknown, { token } = owner) =>
  plane.call('POST', `${owner.path}${path}`, body, { token });
const list = async (query = '', by = owner) =>
  Users.parse((await get(`/users?limit=1000&${query}`, by)).body);
const giveRoles = (userId: string, roles: object, by = owner) => post(`/users/${userId}/roles`, roles, by);
const member = { organizationRole: 'ORGANIZATION_MEMBER' };
const asOwner = { organizationRole: 'ORGANIZATION_OWNER' };
/** Lets what is remembered of roles pass. */
const forget = () => plane.advanceClock(4);

let workspaces = 0;
async function newWorkspace(): Promise<string> {
  workspaces += 1;
  return Created.parse((await post('/workspaces', { name: `Workspace ${workspaces}` })).body).id;
}

async function newDeployment(workspaceId: string): Promise<string> {
  return Created.parse((await post('/deployments', { name: 'Forecast', workspaceId })).body).id;
}

describe('the users of an organization', () => {
  test('are its members, with their roles', async () => {
    const guest = await join(plane, owner);
    const { users } = await list();
    expect(users).toContainEqual(
      expect.objectContaining({
        id: owner.user.id,
        username: owner.email,
        fullName: 'Ada Gale',
        status: 'ACTIVE',
        organizationRole: 'ORGANIZATION_OWNER',
      }),
    );
    expect(users.find(({ id }) => id === guest.user.id)).toMatchObject({
      username: guest.email,
      organizationRole: 'ORGANIZATION_MEMBER',
      workspaceRoles: [],
    });
    expect(Member.parse((await get(`/users/${guest.user.id}`)).body).username).toBe(guest.email);
    expect((await get(`/users/c${'0'.repeat(24)}`)).status).toBe(404);
  });

  test('are listed by page, sorted, and by the workspace and deployment that they have a role on', async () => {
    const guest = await join(plane, owner);
    const workspaceId = await newWorkspace();
    const deploymentId = await newDeployment(workspaceId);
    await giveRoles(guest.user.id, {
      ...member,
      workspaceRoles: [{ workspaceId, role: 'WORKSPACE_AUTHOR' }],
      deploymentRoles: [{ deploymentId, role: 'DEPLOYMENT_ADMIN' }],
    });
    const only = { totalCount: 1, users: [{ id: guest.user.id }] };
    expect(await list(`workspaceId=${workspaceId}`)).toMatchObject(only);
    expect(await list(`deploymentId=${deploymentId}`)).toMatchObject(only);
    const { users } = await list('sorts=username:asc');
    const names = users.map(({ username }) => username);
    expect(names).toEqual(names.toSorted());
    expect((await get('/users?limit=1&offset=1')).body).toMatchObject({ limit: 1, offset: 1 });
    expect((await get(`/users?workspaceId=c${'0'.repeat(24)}`, guest)).status).toBe(404);
  });

  test('show no role on what the caller may not see', async () => {
    const [one, two] = [await join(plane, owner), await join(plane, owner)];
    const [seen, unseen] = [await newWorkspace(), await newWorkspace()];
    const roles = [seen, unseen].map((workspaceId) => ({ workspaceId, role: 'WORKSPACE_MEMBER' }));
    await giveRoles(one.user.id, { ...member, workspaceRoles: roles });
    await giveRoles(two.user.id, { ...member, workspaceRoles: roles.slice(0, 1) });
    forget();
    expect((await get(`/users/${one.user.id}`, two)).body).toMatchObject({
      workspaceRoles: [{ workspaceId: seen }],
    });
    expect((await get(`/users?workspaceId=${unseen}`, two)).status).toBe(404);
  });
});

describe('the user of a token', () => {
  const self = async ({ token }: Account) =>
    (await plane.call('GET', '/v1/users/self', undefined, { token })).body;
  const on = (type: string, entityId: string, role: string) => ({ role, scope: { type, entityId } });

  test('is told of the first of their organizations, and of what they hold themselves', async () => {
    const guest = await signUp(plane, 'Own');
    const { id: ownId } = guest.organization;
    expect(await self(guest)).toMatchObject({
      id: guest.user.id,
      organizationId: ownId,
      roles: [on('ORGANIZATION', ownId, 'ORGANIZATION_OWNER')],
    });
  });

  test('sees their roles on workspaces and deployments, those of the organization by their names', async () => {
    const guest = await join(plane, owner);
    const workspaceId = await newWorkspace();
    const deploymentId = await newDeployment(workspaceId);
    const goneId = await newWorkspace();
    const custom = { name: 'Watcher', scopeType: 'DEPLOYMENT', permissions: ['deployment.get'] };
    expect((await post('/roles', custom)).status).toBe(200);
    const given = await giveRoles(guest.user.id, {
      ...member,
      workspaceRoles: [
        { workspaceId, role: 'WORKSPACE_AUTHOR' },
        { workspaceId: goneId, role: 'WORKSPACE_MEMBER' },
      ],
      deploymentRoles: [{ deploymentId, role: 'Watcher' }],
    });
    expect(given.status).toBe(200);
    const gone = `${owner.path}/workspaces/${goneId}`;
    expect((await plane.call('DELETE', gone, undefined, { token: owner.token })).status).toBe(204);
    const { id: organizationId } = owner.organization;
    expect(await self(guest)).toMatchObject({
      organizationId,
      roles: [
        on('ORGANIZATION', organizationId, 'ORGANIZATION_MEMBER'),
        on('WORKSPACE', workspaceId, 'WORKSPACE_AUTHOR'),
        on('DEPLOYMENT', deploymentId, 'Watcher'),
      ],
    });
  });

  test('who left their only organization is in none, and holds nothing', async () => {
    const guest = await join(plane, owner);
    await giveRoles(guest.user.id, {});
    const shown = await self(guest);
    expect(shown).toMatchObject({ id: guest.user.id, roles: [] });
    expect(shown).not.toHaveProperty('organizationId');
  });
});

describe('roles', () => {
  test('are given, kept where they are not named, and taken away', async () => {
    const guest = await join(plane, owner);
    const workspaceId = await newWorkspace();
    const given = await giveRoles(guest.user.id, {
      ...member,
      workspaceRoles: [{ workspaceId, role: 'WORKSPACE_OPERATOR' }],
    });
    const workspaceRoles = [{ workspaceId, role: 'WORKSPACE_OPERATOR' }];
    expect(given).toMatchObject({ status: 200, body: { ...member, workspaceRoles, deploymentRoles: [] } });
    forget();
    expect((await get(`/workspaces/${workspaceId}`, guest)).status).toBe(200);
    const billing = await giveRoles(guest.user.id, { organizationRole: 'ORGANIZATION_BILLING_ADMIN' });
    expect(billing.body).toMatchObject({ organizationRole: 'ORGANIZATION_BILLING_ADMIN', workspaceRoles });
    await giveRoles(guest.user.id, { ...member, workspaceRoles: [] });
    forget();
    expect((await get(`/workspaces/${workspaceId}`, guest)).status).toBe(404);
  });

  test('are given by owners of the workspace in it, and nowhere else', async () => {
    const [manager, guest] = [await join(plane, owner), await join(plane, owner)];
    const [own, other] = [await newWorkspace(), await newWorkspace()];
    const on = (workspaceId: string, role: string) => ({ workspaceId, role });
    await giveRoles(manager.user.id, { ...member, workspaceRoles: [on(own, 'WORKSPACE_OWNER')] });
    await giveRoles(guest.user.id, { ...member, workspaceRoles: [on(other, 'WORKSPACE_MEMBER')] });
    forget();
    const give = (roles: object) => giveRoles(guest.user.id, { ...member, ...roles }, manager);
    expect((await give({ workspaceRoles: [on(own, 'WORKSPACE_AUTHOR')] })).status).toBe(200);
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject({
      workspaceRoles: expect.arrayContaining([on(other, 'WORKSPACE_MEMBER'), on(own, 'WORKSPACE_AUTHOR')]),
    });
    expect((await give({ workspaceRoles: [on(other, 'WORKSPACE_OWNER')] })).status).toBe(404);
    expect((await give({ organizationRole: 'ORGANIZATION_OWNER' })).status).toBe(403);
    expect((await giveRoles(guest.user.id, {}, manager)).status).toBe(403);
    expect((await giveRoles(manager.user.id, asOwner, manager)).status).toBe(403);
    expect((await give({ workspaceRoles: [] })).body).toMatchObject({ workspaceRoles: [] });
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject({
      workspaceRoles: [on(other, 'WORKSPACE_MEMBER')],
    });
  });

  test.each(['WORKSPACE_OPERATOR', 'WORKSPACE_AUTHOR', 'WORKSPACE_MEMBER', 'WORKSPACE_ACCESSOR'])(
    'are not given by a %s',
    async (role) => {
      const guest = await join(plane, owner);
      const workspaceId = await newWorkspace();
      await giveRoles(guest.user.id, { ...member, workspaceRoles: [{ workspaceId, role }] });
      forget();
      const more = { ...member, workspaceRoles: [{ workspaceId, role: 'WORKSPACE_OWNER' }] };
      expect((await giveRoles(guest.user.id, more, guest)).status).toBe(403);
    },
  );

  test.each([
    ['organizationRole', { organizationRole: 'KING' }],
    ['organizationRole', { workspaceRoles: [{ workspaceId: 'x', role: 'WORKSPACE_OWNER' }] }],
    [
      'workspaceRoles[0].role',
      { ...member, workspaceRoles: [{ workspaceId: 'x', role: 'DEPLOYMENT_ADMIN' }] },
    ],
    [
      'workspaceRoles',
      { ...member, workspaceRoles: Array(2).fill({ workspaceId: 'x', role: 'WORKSPACE_OWNER' }) },
    ],
    ['dagRoles', { ...member, dagRoles: [{}] }],
    ['teamRoles', { ...member, teamRoles: [] }],
  ])('with a wrong %s are refused and named', async (field, roles) => {
    const guest = await join(plane, owner);
    expect(await giveRoles(guest.user.id, roles)).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field }] },
    });
  });

  test('on what is not there are refused', async () => {
    const guest = await join(plane, owner);
    const id = `c${'0'.repeat(24)}`;
    const onWorkspace = { ...member, workspaceRoles: [{ workspaceId: id, role: 'WORKSPACE_OWNER' }] };
    const onDeployment = { ...member, deploymentRoles: [{ deploymentId: id, role: 'DEPLOYMENT_ADMIN' }] };
    expect((await giveRoles(guest.user.id, onWorkspace)).status).toBe(404);
    expect((await giveRoles(guest.user.id, onDeployment)).status).toBe(404);
  });
});

describe('a user who is removed', () => {
  test('is no member any more, within seconds', async () => {
    const guest = await join(plane, owner);
    expect(await giveRoles(guest.user.id, {})).toMatchObject({
      status: 200,
      body: { workspaceRoles: [], deploymentRoles: [] },
    });
    forget();
    expect((await get('', guest)).status).toBe(404);
    expect((await get(`/users/${guest.user.id}`)).status).toBe(404);
    const { body } = await plane.call('GET', '/v1/organizations', undefined, { token: guest.token });
    expect(body).toMatchObject({ totalCount: 0 });
  });

  test('may be invited again', async () => {
    const guest = await join(plane, owner);
    await giveRoles(guest.user.id, {});
    const answer = await post('/invites', { inviteeEmail: guest.email, role: 'ORGANIZATION_MEMBER' });
    expect(answer.status).toBe(200);
  });
});

describe('an owner', () => {
  test('who is demoted and removed at the same moment goes, for another one stays', async () => {
    for (let round = 0; round < 10; round += 1) {
      const other = await join(plane, owner, 'ORGANIZATION_OWNER');
      const answers = await Promise.all([giveRoles(other.user.id, member), giveRoles(other.user.id, {})]);
      const [demoted, removed] = answers.map(({ status }) => status);
      expect([200, 404], JSON.stringify(answers)).toContain(demoted);
      expect(removed, JSON.stringify(answers)).toBe(200);
    }
  });
});

describe('the last owner', () => {
  test('is neither demoted nor removed', async () => {
    const account = await signUp(plane);
    const path = `${account.path}/users/${account.user.id}/roles`;
    for (const roles of [member, {}]) {
      const answer = await plane.call('POST', path, roles, { token: account.token });
      expect(answer).toMatchObject({ status: 409, body: { message: expect.stringContaining('last owner') } });
    }
    expect((await plane.call('GET', account.path, undefined, { token: account.token })).status).toBe(200);
  });

  test('stays, however many owners demote each other at once', async () => {
    const account = await signUp(plane);
    const others: Account[] = [];
    for (let count = 0; count < 3; count += 1) others.push(await join(plane, account, 'ORGANIZATION_OWNER'));
    const owners = [account, ...others];
    const answers = await Promise.all(
      owners.map(({ user }, index) =>
        plane.call('POST', `${account.path}/users/${user.id}/roles`, member, {
          token: owners[(index + 1) % owners.length]?.token,
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(4);
    const left = await plane.call('GET', `${account.path}/users`, undefined, { token: account.token });
    const roles = Users.parse(left.body).users.map(({ organizationRole }) => organizationRole);
    expect(roles).toContain('ORGANIZATION_OWNER');
  });
});
