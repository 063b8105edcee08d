import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson } from '../../support/person.ts';

let plane: ControlPlane;
let owner: Account;
let workspaceId: string;
let deploymentId: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
  await setPlan(plane, owner, 'TEAM');
  [workspaceId, deploymentId] = await newPlace();
});
afterAll(() => plane.stop());

const get = (path: string, { path: organization, token } = owner) =>
  plane.call('GET', `${organization}${path}`, undefined, { token });
const post = (path: string, body: unknown, { path: organization, token } = owner) =>
  plane.call('POST', `${organization}${path}`, body, { token });
const remove = (path: string, { path: organization, token } = owner) =>
  plane.call('DELETE', `${organization}${path}`, undefined, { token });
const idOf = ({ body }: Answer) =>
  z.object({ id: z.string() }).parse(body, { error: () => JSON.stringify(body) }).id;

let count = 0;
const fresh = (what: string) => {
  count += 1;
  return `${what} ${count}`;
};
/** A workspace with a deployment. */
async function newPlace(): Promise<[string, string]> {
  const workspace = idOf(await post('/workspaces', { name: fresh('Workspace') }));
  return [workspace, idOf(await post('/deployments', { name: fresh('Forecast'), workspaceId: workspace }))];
}
const deployer = ['deployment.get', 'deploy.get', 'deploy.create'];
const request = (role: object = {}) => ({
  name: fresh('Deployer'),
  scopeType: 'DEPLOYMENT',
  permissions: deployer,
  ...role,
});
async function newRole(role: object = {}) {
  const answer = await post('/roles', request(role));
  return z.object({ id: z.string(), name: z.string() }).parse(answer.body);
}
/** Gives a role on the deployment, and nothing else there; lets what is remembered of roles pass. */
async function give(to: Account, role: string, on = deploymentId): Promise<Answer> {
  const answer = await post(`/users/${to.user.id}/roles`, {
    organizationRole: 'ORGANIZATION_MEMBER',
    deploymentRoles: [{ deploymentId: on, role }],
  });
  plane.advanceClock(4);
  return answer;
}
const field = (name: string, message = '') => ({
  status: 400,
  body: { fieldErrors: [{ field: name, message: expect.stringContaining(message) }] },
});
/** What somebody may do to the deployment: see it, see its deploys, deploy, change it. */
async function tries(by: Account | { token: string }): Promise<number[]> {
  const { token } = by;
  const path = `${owner.path}/deployments/${deploymentId}`;
  const answers = [
    await plane.call('GET', path, undefined, { token }),
    await plane.call('GET', `${path}/deploys`, undefined, { token }),
    await plane.call('POST', `${path}/deploys`, { type: 'DAG_ONLY' }, { token }),
    await plane.call('POST', path, { name: 'Changed' }, { token }),
  ];
  return answers.map(({ status }) => status);
}

describe("a role of the organization's own", () => {
  test('permits what it says, on the deployment on which it is held', async () => {
    const [guest, role] = [await join(plane, owner), await newRole()];
    expect(await tries(guest)).toEqual([404, 404, 404, 404]);
    expect(await give(guest, role.name)).toMatchObject({
      status: 200,
      body: { deploymentRoles: [{ deploymentId, role: role.name }] },
    });
    expect(await tries(guest)).toEqual([200, 200, 200, 403]);
    const [, elsewhere] = await newPlace();
    expect((await get(`/deployments/${elsewhere}`, guest)).status).toBe(404);
  });

  test('is given by its name or its id, and shown by its name', async () => {
    const [guest, role] = [await join(plane, owner), await newRole()];
    const shown = { deploymentRoles: [{ deploymentId, role: role.name }] };
    expect(await give(guest, role.id)).toMatchObject({ status: 200, body: shown });
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject(shown);
    expect(await give(guest, role.name.toUpperCase())).toMatchObject({ status: 200, body: shown });
    expect(await give(guest, 'King')).toMatchObject(field('deploymentRoles', '"King" is no role'));
    const longest = '\ufdfa'.repeat(128);
    expect(await give(guest, longest)).toMatchObject(field('deploymentRoles', 'is no role'));
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject(shown);
  });

  test('changes within seconds what everybody may do who holds it', async () => {
    const [guest, role] = [await join(plane, owner), await newRole()];
    await give(guest, role.id);
    const changed = { name: fresh('Changed'), permissions: ['deployment.get', 'deployment.update'] };
    expect(await post(`/roles/${role.id}`, changed)).toMatchObject({ status: 200, body: changed });
    plane.advanceClock(4);
    expect(await tries(guest)).toEqual([200, 403, 403, 200]);
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject({
      deploymentRoles: [{ deploymentId, role: changed.name }],
    });
  });

  test('of a team adds to one of a member', async () => {
    const [guest, role, reader] = [
      await join(plane, owner),
      await newRole(),
      await newRole({ permissions: ['deployment.get', 'deployment.update'] }),
    ];
    await give(guest, reader.id);
    const team = idOf(await post('/teams', { name: fresh('Team'), memberIds: [guest.user.id] }));
    const roles = {
      organizationRole: 'ORGANIZATION_MEMBER',
      deploymentRoles: [{ deploymentId, role: role.name }],
    };
    expect(await post(`/teams/${team}/roles`, roles)).toMatchObject({ status: 200, body: roles });
    plane.advanceClock(4);
    expect(await tries(guest)).toEqual([200, 200, 200, 200]);
  });

  test('that may change API tokens gets no secret of one that may do more', async () => {
    const keeper = await newRole({ permissions: ['deployment.get', 'token.get', 'token.update'] });
    const guest = await join(plane, owner);
    await give(guest, keeper.id);
    const made = { name: 'nightly', scope: 'DEPLOYMENT', entityId: deploymentId };
    const strong = idOf(await post('/tokens', { ...made, role: 'DEPLOYMENT_ADMIN' }));
    const weak = idOf(await post('/tokens', { ...made, role: keeper.id }));
    expect((await post(`/tokens/${strong}/rotate`, {}, guest)).status).toBe(403);
    expect((await post(`/tokens/${weak}/rotate`, {}, guest)).status).toBe(200);
  });

  test('is held by an API token', async () => {
    const role = await newRole();
    const made = { name: 'ci', scope: 'DEPLOYMENT', entityId: deploymentId };
    const answer = await post('/tokens', { ...made, role: role.name });
    const shown = { roles: [{ entityType: 'DEPLOYMENT', entityId: deploymentId, role: role.name }] };
    expect(answer).toMatchObject({ status: 200, body: shown });
    const token = z.object({ id: z.string(), token: z.string() }).parse(answer.body);
    expect(await tries(token)).toEqual([200, 200, 200, 403]);
    const admin = [{ entityType: 'DEPLOYMENT', entityId: deploymentId, role: 'DEPLOYMENT_ADMIN' }];
    expect((await post(`/tokens/${token.id}/roles`, { roles: admin })).status).toBe(200);
    expect(await post(`/tokens/${token.id}/roles`, shown)).toMatchObject({
      status: 200,
      body: { deploymentRoles: [{ deploymentId, role: role.name }] },
    });
    expect(await post('/tokens', { ...made, role: 'King' })).toMatchObject(
      field('role', '"King" is no role'),
    );
  });

  test('lets nobody give more than they have', async () => {
    const [giver, guest] = [await join(plane, owner), await join(plane, owner)];
    const giving = await newRole({ permissions: [...deployer, 'member.get', 'member.update'] });
    const [less, more] = [await newRole(), await newRole({ permissions: [...deployer, 'log.get'] })];
    await give(giver, giving.id);
    const ask = async (role: string) =>
      (
        await post(
          `/users/${guest.user.id}/roles`,
          { organizationRole: 'ORGANIZATION_MEMBER', deploymentRoles: [{ deploymentId, role }] },
          giver,
        )
      ).status;
    expect(await ask(more.name)).toBe(403);
    expect(await ask('DEPLOYMENT_ADMIN')).toBe(403);
    expect(await ask(less.name)).toBe(200);
  });

  test('that is restricted to workspaces is given in them alone, and not taken out of use there', async () => {
    const guest = await join(plane, owner);
    const [other, elsewhere] = await newPlace();
    const role = await newRole({ restrictedWorkspaceIds: [other] });
    const names = async (query: string) =>
      z
        .object({ roles: z.array(z.object({ name: z.string() })) })
        .parse((await get(`/roles?limit=1000${query}`)).body)
        .roles.map(({ name }) => name);
    expect(await names(`&workspaceId=${other}`)).toContain(role.name);
    expect(await names(`&workspaceId=${workspaceId}`)).not.toContain(role.name);
    expect(await give(guest, role.id)).toMatchObject(field('deploymentRoles', 'may not be given'));
    expect((await give(guest, role.id, elsewhere)).status).toBe(200);
    const narrow = { name: role.name, permissions: deployer, restrictedWorkspaceIds: [workspaceId] };
    expect(await post(`/roles/${role.id}`, narrow)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining(`held by ${guest.email}`) },
    });
    await give(guest, 'DEPLOYMENT_ADMIN');
    expect((await post(`/roles/${role.id}`, narrow)).status).toBe(200);
  });

  test('that is restricted to workspaces names none that the caller may not see', async () => {
    const [[seen], [unseen]] = [await newPlace(), await newPlace()];
    const [member, guest] = [await join(plane, owner), await join(plane, owner)];
    const role = await newRole({ restrictedWorkspaceIds: [seen, unseen] });
    const workspaceRoles = [{ workspaceId: seen, role: 'WORKSPACE_OWNER' }];
    const roles = { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles };
    expect((await post(`/users/${member.user.id}/roles`, roles)).status).toBe(200);
    plane.advanceClock(4);
    const own = idOf(await post('/deployments', { name: fresh('Forecast'), workspaceId: seen }));
    const elsewhere = await newRole({ restrictedWorkspaceIds: [unseen] });
    const deploymentRoles = [{ deploymentId: own, role: elsewhere.name }];
    const given = { organizationRole: 'ORGANIZATION_MEMBER', deploymentRoles };
    const refused = await post(`/users/${guest.user.id}/roles`, given, { ...owner, token: member.token });
    expect(refused).toMatchObject(field('deploymentRoles', 'may not be given'));
    const shown = async (by: Account) => {
      const answers = [await get('/roles?limit=1000', by), await get(`/roles/${role.id}`, by)];
      return JSON.stringify(answers.map(({ body }) => body));
    };
    expect(await shown(owner)).toContain(`"restrictedWorkspaceIds":["${seen}","${unseen}"]`);
    expect(await shown(member)).toContain(`"restrictedWorkspaceIds":["${seen}"]`);
    expect(`${await shown(member)} ${JSON.stringify(refused.body)}`).not.toContain(unseen);
  });

  test('that is restricted to a workspace which is gone is written back as it was read', async () => {
    const doomed = idOf(await post('/workspaces', { name: fresh('Doomed') }));
    const role = await newRole({ restrictedWorkspaceIds: [doomed] });
    expect((await remove(`/workspaces/${doomed}`)).status).toBe(204);
    const { status, body } = await post(`/roles/${role.id}`, {
      name: fresh('Renamed'),
      permissions: deployer,
      restrictedWorkspaceIds: [doomed],
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { restrictedWorkspaceIds: [doomed] } });
  });

  test('lets its holder into Airflow as far as it says, and shows them the way', async () => {
    const [guest, role] = [
      await join(plane, owner),
      await newRole({ permissions: ['deployment.get', 'airflow.op'] }),
    ];
    await give(guest, role.id);
    const organizationId = owner.organization.id;
    const { data } = await plane.services
      .store(organizationId)
      .entities.deployment.get({ organizationId, deploymentId })
      .go();
    const namespace = data?.namespace ?? '';
    const { globalStore } = plane.services;
    await globalStore.entities.namespace.put({ namespace, organizationId, deploymentId }).go();
    const answer = await plane.call(
      'POST',
      '/private/v1alpha1/front-door/authorize',
      { namespace, authorization: `Bearer ${guest.token}` },
      { headers: { 'x-windsock-front-door': plane.secret.frontDoorToken } },
    );
    expect(answer).toMatchObject({ status: 200, body: { role: 'OP' } });
    const person = createPerson(plane);
    await person.submit('/signin', { email: guest.email, password: 'correct horse' });
    expect((await person.get('/account')).body).toContain(namespace);
  });

  test('is deleted once nobody holds it, and its name is free', async () => {
    const [guest, role] = [await join(plane, owner), await newRole()];
    await give(guest, role.id);
    expect(await remove(`/roles/${role.id}`)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining(`held by ${guest.email}`) },
    });
    await give(guest, 'DEPLOYMENT_ADMIN');
    expect((await remove(`/roles/${role.id}`)).status).toBe(204);
    expect((await get(`/roles/${role.id}`)).status).toBe(404);
    expect((await post('/roles', request({ name: role.name }))).status).toBe(200);
  });

  test('of which one is left that was deleted at the same moment permits nothing', async () => {
    const [guest, role] = [await join(plane, owner), await newRole()];
    await give(guest, role.id);
    const organizationId = owner.organization.id;
    await plane.services.store(organizationId).entities.role.delete({ organizationId, roleId: role.id }).go();
    expect(await tries(guest)).toEqual([404, 404, 404, 404]);
    expect((await get(`/users/${guest.user.id}`)).body).toMatchObject({ deploymentRoles: [] });
  });
});

describe("an organization's own roles", () => {
  test('are listed beside those of the platform', async () => {
    const role = await newRole({ description: 'Brings code' });
    const shown = {
      ...role,
      description: 'Brings code',
      scopeType: 'DEPLOYMENT',
      permissions: deployer,
      restrictedWorkspaceIds: [],
      createdBy: { id: owner.user.id },
    };
    expect((await get(`/roles/${role.id}`)).body).toMatchObject(shown);
    const { body } = await get('/roles?sorts=createdAt:desc&limit=1&includeDefaultRoles=true');
    expect(body).toMatchObject({
      roles: [shown],
      defaultRoles: expect.arrayContaining([expect.objectContaining({ name: 'DEPLOYMENT_ADMIN' })]),
    });
    expect((await get('/roles?scopeTypes=WORKSPACE')).body).toMatchObject({ roles: [], totalCount: 0 });
  });

  test.each([
    ['name', { name: 'workspace_owner' }, 'role of the platform'],
    ['name', { name: ' ' }, 'empty'],
    ['name', { name: 'CABCDEFGHIJKLMNOPQRSTUVWX' }, 'id'],
    ['permissions', { permissions: ['log.get'] }, 'deployment.get'],
    ['permissions', { permissions: ['deployment.get', 'deployment.get'] }, 'once'],
    ['permissions[1]', { permissions: ['deployment.get', 'organization.update'] }, ''],
    ['scopeType', { scopeType: 'WORKSPACE' }, 'DEPLOYMENT'],
    ['restrictedWorkspaceIds[0]', { restrictedWorkspaceIds: ['none'] }, 'no workspace'],
  ])('are refused for a wrong %s: %j', async (name, wrong, message) => {
    expect(await post('/roles', request(wrong))).toMatchObject(field(name, message));
  });

  test('have names of their own, also when several are made at once', async () => {
    const name = fresh('Contended');
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/roles', request({ name }))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    const other = await newRole();
    const taken = { name: name.toLowerCase(), permissions: deployer };
    expect((await post(`/roles/${other.id}`, taken)).status).toBe(409);
  });

  test('are nothing to another organization', async () => {
    const [stranger, role] = [await signUp(plane, 'Stranger'), await newRole()];
    const path = `${stranger.path}/roles/${role.id}`;
    const status = async (method: string, body?: unknown) =>
      (await plane.call(method, path, body, { token: stranger.token })).status;
    expect(await status('GET')).toBe(404);
    expect(await status('POST', { name: 'Mine', permissions: deployer })).toBe(404);
    expect(await status('DELETE')).toBe(404);
  });
});
