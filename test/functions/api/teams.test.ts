import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { withdrawRoles } from '../../../core/permission/withdraw.ts';
import { intercept } from '../../../core/store/intercept.ts';
import { addTeamMembers } from '../../../core/team/members.ts';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await newOrganization();
});
afterAll(() => plane.stop());

async function newOrganization(): Promise<Account> {
  const account = await signUp(plane, 'Gale');
  await setPlan(plane, account, 'TEAM');
  return account;
}

const get = (path: string, { path: organization, token } = owner) =>
  plane.call('GET', `${organization}${path}`, undefined, { token });
const post = (path: string, body: unknown, { path: organization, token } = owner, headers = {}) =>
  plane.call('POST', `${organization}${path}`, body, { token, headers });
const remove = (path: string, { path: organization, token } = owner) =>
  plane.call('DELETE', `${organization}${path}`, undefined, { token });
const idOf = ({ body }: Answer) =>
  z.object({ id: z.string() }).parse(body, { error: () => JSON.stringify(body) }).id;
/** Lets what is remembered of roles pass. */
const forget = () => plane.advanceClock(4);
const unknown = `c${'0'.repeat(24)}`;
const member = { organizationRole: 'ORGANIZATION_MEMBER' };

let count = 0;
const fresh = (what: string) => {
  count += 1;
  return `${what} ${count}`;
};
const newWorkspace = async () => idOf(await post('/workspaces', { name: fresh('Workspace') }));
const newTeam = async (request: object = {}, by = owner) =>
  idOf(await post('/teams', { name: fresh('Team'), ...request }, by));
const giveRoles = (teamId: string, roles: object, by = owner) =>
  post(`/teams/${teamId}/roles`, { ...member, ...roles }, by);
const on = (workspaceId: string, role = 'WORKSPACE_MEMBER') => ({ workspaceRoles: [{ workspaceId, role }] });
/** Somebody in a team that holds a role on a workspace, and nothing by themselves. */
async function withTeam(role: string) {
  const [guest, workspaceId] = [await join(plane, owner), await newWorkspace()];
  const teamId = await newTeam({ memberIds: [guest.user.id] });
  expect((await giveRoles(teamId, on(workspaceId, role))).status).toBe(200);
  forget();
  return { guest, workspaceId, teamId };
}
const memberIds = (...accounts: Account[]) => ({ memberIds: accounts.map(({ user }) => user.id) });

describe("a team's roles", () => {
  test('are those of its members, beside their own, for as long as they are in it', async () => {
    const { guest, workspaceId, teamId } = await withTeam('WORKSPACE_MEMBER');
    const see = async () => (await get(`/workspaces/${workspaceId}`, guest)).status;
    expect(await see()).toBe(200);
    expect((await remove(`/teams/${teamId}/members/${guest.user.id}`)).status).toBe(204);
    forget();
    expect(await see()).toBe(404);
    expect((await post(`/teams/${teamId}/members`, memberIds(guest))).status).toBe(204);
    forget();
    expect(await see()).toBe(200);
  });

  test('are gone within seconds when they change', async () => {
    const { guest, workspaceId, teamId } = await withTeam('WORKSPACE_OWNER');
    const rename = () =>
      post(
        `/workspaces/${workspaceId}`,
        { name: fresh('Renamed'), description: '', cicdEnforcedDefault: false },
        guest,
      );
    expect((await rename()).status).toBe(200);
    await giveRoles(teamId, on(workspaceId, 'WORKSPACE_AUTHOR'));
    forget();
    expect((await rename()).status).toBe(403);
    await giveRoles(teamId, { workspaceRoles: [] });
    forget();
    expect((await rename()).status).toBe(404);
  });

  test('are gone within seconds when it is deleted', async () => {
    const { guest, workspaceId, teamId } = await withTeam('WORKSPACE_MEMBER');
    expect((await remove(`/teams/${teamId}`)).status).toBe(204);
    forget();
    expect((await get(`/workspaces/${workspaceId}`, guest)).status).toBe(404);
    expect((await get(`/users/${guest.user.id}/teams`)).body).toMatchObject({ teams: [], totalCount: 0 });
    expect((await get(`/teams/${teamId}`)).status).toBe(404);
  });

  test('open Airflow at the front door, and no longer than they are held', async () => {
    const { guest, workspaceId, teamId } = await withTeam('WORKSPACE_OPERATOR');
    const organizationId = owner.organization.id;
    const deploymentId = idOf(await post('/deployments', { name: 'Forecast', workspaceId }));
    const namespace = 'teams-forecast';
    const { entities } = plane.services.globalStore;
    await entities.namespace.create({ namespace, organizationId, deploymentId }).go();
    const enter = async () =>
      await plane.call(
        'POST',
        '/private/v1alpha1/front-door/authorize',
        { namespace, authorization: `Bearer ${guest.token}` },
        { headers: { 'x-windsock-front-door': plane.secret.frontDoorToken } },
      );
    expect(await enter()).toMatchObject({ status: 200, body: { role: 'OP' } });
    await remove(`/teams/${teamId}/members/${guest.user.id}`);
    expect((await enter()).status).toBe(404);
  });

  test('add up with those of other teams, and show in no list as the own roles of a user', async () => {
    const { guest, workspaceId } = await withTeam('WORKSPACE_MEMBER');
    const other = await newTeam(memberIds(guest));
    await giveRoles(other, on(workspaceId, 'WORKSPACE_OPERATOR'));
    forget();
    const created = await post('/deployments', { name: 'Forecast', workspaceId }, guest);
    expect(created.status).toBe(200);
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject({ ...member, workspaceRoles: [] });
    expect((await get(`/users?workspaceId=${workspaceId}`)).body).toMatchObject({ totalCount: 0 });
    expect((await get(`/teams?workspaceId=${workspaceId}`)).body).toMatchObject({ totalCount: 2 });
  });

  test('make owners, of whom none counts as the last one', async () => {
    const account = await newOrganization();
    const guest = await join(plane, account);
    await newTeam({ organizationRole: 'ORGANIZATION_OWNER', ...memberIds(guest) }, account);
    forget();
    expect((await post('/workspaces', { name: 'Own' }, guest)).status).toBe(200);
    const last = await post(`/users/${account.user.id}/roles`, member, guest);
    expect(last).toMatchObject({ status: 409, body: { message: expect.stringContaining('last owner') } });
    const asOwner = { organizationRole: 'ORGANIZATION_OWNER' };
    expect((await post(`/users/${guest.user.id}/roles`, asOwner, guest)).status).toBe(200);
    expect((await post(`/users/${account.user.id}/roles`, member, guest)).status).toBe(200);
  });

  test('go with the workspace or the deployment that they are on', async () => {
    const workspaceId = await newWorkspace();
    const [teamId, gone] = [await newTeam(), await newWorkspace()];
    const deploymentId = idOf(await post('/deployments', { name: 'Forecast', workspaceId }));
    const roles = [workspaceId, gone].map((id) => ({ workspaceId: id, role: 'WORKSPACE_MEMBER' }));
    const deploymentRoles = [{ deploymentId, role: 'DEPLOYMENT_ADMIN' }];
    const given = await giveRoles(teamId, { workspaceRoles: roles, deploymentRoles });
    expect(given).toMatchObject({ status: 200, body: { ...member, deploymentRoles } });
    expect((await remove(`/workspaces/${gone}`)).status).toBe(204);
    const actor = { type: 'system' as const, name: 'test' };
    const scope = { now: plane.now(), requestId: 'test', actor };
    await withdrawRoles(scope, plane.services, { organizationId: owner.organization.id, deploymentId });
    expect((await get(`/teams/${teamId}`)).body).toMatchObject({
      ...on(workspaceId),
      deploymentRoles: [],
      rolesCount: 2,
    });
  });
});

describe('a team', () => {
  test('is created, read, changed and deleted, and its name is free again', async () => {
    const created = await post('/teams', { name: 'Storms' });
    const id = idOf(created);
    expect(created).toMatchObject({
      status: 200,
      body: {
        name: 'Storms',
        description: '',
        organizationId: owner.organization.id,
        isIdpManaged: false,
        ...member,
        workspaceRoles: [],
        deploymentRoles: [],
        rolesCount: 1,
        createdBy: { id: owner.user.id, subjectType: 'USER' },
      },
    });
    const changed = await post(`/teams/${id}`, { name: 'Gales', description: 'Who chases them' });
    expect(changed).toMatchObject({
      status: 200,
      body: { id, name: 'Gales', description: 'Who chases them' },
    });
    expect(await post(`/teams/${id}`, { name: 'GALES' })).toMatchObject({
      body: { name: 'GALES', description: 'Who chases them' },
    });
    expect((await get(`/teams/${id}`)).body).toMatchObject({ name: 'GALES' });
    expect((await post('/teams', { name: 'gales' })).status).toBe(409);
    expect((await post('/teams', { name: 'Storms' })).status).toBe(200);
    expect((await post(`/teams/${id}`, { name: 'storms' })).status).toBe(409);
    expect((await remove(`/teams/${id}`)).status).toBe(204);
    expect((await post('/teams', { name: 'Gales' })).status).toBe(200);
    for (const gone of [await remove(`/teams/${id}`), await giveRoles(id, {})]) expect(gone.status).toBe(404);
  });

  test('may have the name of a workspace, and a name once, however many ask at once', async () => {
    await post('/workspaces', { name: 'Shared' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/teams', { name: 'Shared' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
  });

  test('is changed with If-Match only while it is as it was read', async () => {
    const id = await newTeam();
    const etag = String((await get(`/teams/${id}`)).headers.etag);
    await giveRoles(id, { organizationRole: 'ORGANIZATION_BILLING_ADMIN' });
    const change = await post(`/teams/${id}`, { name: fresh('Team') }, owner, { 'if-match': etag });
    expect(change.status).toBe(412);
  });

  test.each([
    ['/teams', 'name', {}],
    ['/teams', 'name', { name: ' ' }],
    ['/teams', 'description', { name: 'x', description: 'x'.repeat(501) }],
    ['/teams', 'organizationRole', { name: 'x', organizationRole: 'WORKSPACE_OWNER' }],
    ['/teams', 'memberIds', { name: 'x', memberIds: Array(91).fill('x') }],
    ['/teams', 'isIdpManaged', { name: 'x', isIdpManaged: true }],
    ['/teams/x/roles', 'organizationRole', { workspaceRoles: [] }],
    ['/teams/x/roles', 'dagRoles', { ...member, dagRoles: [{}] }],
    ['/teams/x/members', 'memberIds', {}],
    ['/teams/x/members', 'memberIds', { memberIds: [] }],
  ])('asked of %s with a wrong %s is refused, and it is named', async (path, field, request) => {
    expect(await post(path, request)).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } });
  });
});

describe('teams', () => {
  test('are listed by page, sorted, and by name, workspace and deployment', async () => {
    const account = await newOrganization();
    const workspaceId = account.workspace.id;
    const ids: Record<string, string> = {};
    for (const name of ['b', 'c', 'a']) ids[name] = await newTeam({ name }, account);
    const deploymentId = idOf(await post('/deployments', { name: 'Forecast', workspaceId }, account));
    const deploymentRoles = [{ deploymentId, role: 'DEPLOYMENT_ADMIN' }];
    await giveRoles(ids.a ?? '', on(workspaceId), account);
    await giveRoles(ids.b ?? '', { deploymentRoles }, account);
    const list = async (query: string) => {
      const { body } = await get(`/teams?${query}`, account);
      const page = z.object({ teams: z.array(z.object({ name: z.string() })), totalCount: z.number() });
      const { teams, totalCount } = page.parse(body);
      return [teams.map(({ name }) => name), totalCount];
    };
    expect(await list('sorts=name:asc')).toEqual([['a', 'b', 'c'], 3]);
    expect(await list('sorts=name:desc&offset=1&limit=1')).toEqual([['b'], 3]);
    expect(await list('names=a&names=c&sorts=name:asc')).toEqual([['a', 'c'], 2]);
    expect(await list(`workspaceId=${workspaceId}`)).toEqual([['a'], 1]);
    expect(await list(`deploymentId=${deploymentId}`)).toEqual([['b'], 1]);
    const guest = await join(plane, account);
    expect((await get('/teams', guest)).body).toMatchObject({ totalCount: 3 });
    expect((await get(`/teams/${ids.b}`, guest)).body).toMatchObject({ deploymentRoles: [], rolesCount: 1 });
    expect((await get(`/teams?workspaceId=${workspaceId}`, guest)).status).toBe(404);
  });

  test('are given roles by owners of the workspace in it, and no more than they have', async () => {
    const { guest: manager, workspaceId: own } = await withTeam('WORKSPACE_OWNER');
    const [teamId, other] = [await newTeam(), await newWorkspace()];
    await giveRoles(teamId, on(other));
    const give = (roles: object) => giveRoles(teamId, roles, manager);
    expect(await give(on(own, 'WORKSPACE_AUTHOR'))).toMatchObject({
      status: 200,
      body: on(own, 'WORKSPACE_AUTHOR'),
    });
    expect((await get(`/teams/${teamId}`)).body).toMatchObject({ rolesCount: 3 });
    expect((await give(on(other, 'WORKSPACE_OWNER'))).status).toBe(404);
    expect((await give({ organizationRole: 'ORGANIZATION_OWNER' })).status).toBe(403);
    for (const answer of [
      await post(`/teams/${teamId}`, { name: 'Mine' }, manager),
      await post(`/teams/${teamId}/members`, memberIds(manager), manager),
      await post('/teams', { name: 'Mine' }, manager),
      await remove(`/teams/${teamId}`, manager),
    ])
      expect(answer.status).toBe(403);
  });
});

describe('the members of a team', () => {
  const Members = z.object({
    teamMembers: z.array(z.object({ userId: z.string(), username: z.string(), createdAt: z.string() })),
    totalCount: z.number(),
  });
  const list = async (teamId: string, query = '') =>
    Members.parse((await get(`/teams/${teamId}/members?${query}`)).body);

  test('are listed, and so are the teams of a user', async () => {
    const [one, two] = [await join(plane, owner), await join(plane, owner)];
    const teamId = await newTeam(memberIds(one));
    const { teamMembers: before } = await list(teamId);
    plane.advanceClock(60);
    expect((await post(`/teams/${teamId}/members`, memberIds(two, one, two))).status).toBe(204);
    const { teamMembers, totalCount } = await list(teamId, 'sorts=createdAt:asc');
    expect(teamMembers.map(({ userId }) => userId)).toEqual([one.user.id, two.user.id]);
    expect(totalCount).toBe(2);
    expect(teamMembers[0]).toEqual(before[0]);
    expect((await list(teamId, 'sorts=username:desc&limit=1')).teamMembers).toHaveLength(1);
    const ofUser = await get(`/users/${one.user.id}/teams`);
    expect(ofUser).toMatchObject({
      status: 200,
      body: { totalCount: 1, teams: [{ id: teamId, ...member }] },
    });
    expect((await get(`/users/${unknown}/teams`)).status).toBe(404);
    expect((await get(`/teams/${unknown}/members`)).status).toBe(404);
  });

  test('join all or none, and leave once', async () => {
    const [guest, stranger] = [await join(plane, owner), await signUp(plane, 'Stranger')];
    const teamId = await newTeam();
    for (const other of [unknown, stranger.user.id]) {
      const request = { memberIds: [guest.user.id, other] };
      const refusal = {
        status: 400,
        body: { fieldErrors: [{ field: 'memberIds[1]', code: 'not_a_member' }] },
      };
      expect(await post(`/teams/${teamId}/members`, request)).toMatchObject(refusal);
      expect(await post('/teams', { name: fresh('Team'), ...request })).toMatchObject(refusal);
    }
    expect(await list(teamId)).toMatchObject({ totalCount: 0 });
    for (const _ of ['joins', 'is in it']) {
      expect((await post(`/teams/${teamId}/members`, memberIds(guest))).status).toBe(204);
    }
    const leave = () => remove(`/teams/${teamId}/members/${guest.user.id}`);
    expect((await leave()).status).toBe(204);
    expect((await leave()).status).toBe(404);
  });

  test('are no users any more who leave the organization, and in no team when they come back', async () => {
    const { guest, teamId } = await withTeam('WORKSPACE_MEMBER');
    expect((await post(`/users/${guest.user.id}/roles`, {})).status).toBe(200);
    expect(await list(teamId)).toMatchObject({ totalCount: 0 });
    await post('/invites', { inviteeEmail: guest.email, role: 'ORGANIZATION_MEMBER' });
    await plane.tick();
    const { text = '' } = plane.mailbox.messages(guest.email).at(-1) ?? {};
    const token = new URL(/http\S+/.exec(text)?.[0] ?? '').searchParams.get('token');
    expect((await plane.call('POST', '/v1alpha1/invites/accept', { token })).status).toBe(200);
    expect(await list(teamId)).toMatchObject({ totalCount: 0 });
  });

  test('may be 90 at once, once, with an Idempotency-Key too', async () => {
    const organizationId = owner.organization.id;
    const { member: members } = plane.services.store(organizationId).entities;
    const { data } = await members.get({ organizationId, userId: owner.user.id }).go();
    if (data === null) throw new Error('The owner is no member');
    const ids = Array.from({ length: 90 }, (_, index) => `c${String(index).padStart(24, '0')}`);
    await members
      .put(ids.map((userId) => ({ ...data, userId, roles: { workspaces: {}, deployments: {} } })))
      .go();
    const request = { name: fresh('Team'), memberIds: ids };
    const create = () => post('/teams', request, owner, { 'idempotency-key': 'ninety' });
    const teamId = idOf(await create());
    expect(idOf(await create())).toBe(teamId);
    expect(await list(teamId)).toMatchObject({ totalCount: 90 });
    await members.delete(ids.map((userId) => ({ organizationId, userId }))).go();
  });

  test('are in 50 teams at most, of those that are there', async () => {
    const guest = await join(plane, owner);
    const teams: string[] = [];
    for (let index = 0; index < 50; index += 1) teams.push(await newTeam(memberIds(guest)));
    const teamId = await newTeam();
    const join51 = () => post(`/teams/${teamId}/members`, memberIds(guest));
    expect(await join51()).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'memberIds', message: expect.stringContaining(guest.email) }] },
    });
    expect((await remove(`/teams/${teams[0]}`)).status).toBe(204);
    expect((await join51()).status).toBe(204);
  });

  test.each([
    ['deleted', (teamId: string) => remove(`/teams/${teamId}`), 404],
    ['given more', (teamId: string) => giveRoles(teamId, { organizationRole: 'ORGANIZATION_OWNER' }), 204],
  ])('are looked at anew when the team is %s at the moment that they join', async (_, change, ending) => {
    const guest = await join(plane, owner);
    const teamId = await newTeam();
    const ids = { organizationId: owner.organization.id, teamId };
    let writes = 0;
    const racing = intercept(plane.services.database, async (command, pass) => {
      if (command instanceof TransactWriteCommand) {
        writes += 1;
        if (writes === 1) await change(teamId);
      }
      return await pass(command);
    });
    const actor = { type: 'system' as const, name: 'test' };
    const scope = { now: plane.now(), requestId: 'test', actor };
    const joining = addTeamMembers(scope, plane.services.through(racing), ids, memberIds(guest));
    expect(await joining.then(() => 204).catch(({ statusCode }) => statusCode)).toBe(ending);
    const isIn = ending === 204 ? 1 : 0;
    expect(writes).toBe(1 + isIn);
    expect((await get(`/users/${guest.user.id}/teams`)).body).toMatchObject({ totalCount: isIn });
  });
});
