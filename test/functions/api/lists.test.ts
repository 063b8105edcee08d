import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { pageOf } from '../../../core/page.ts';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
/** The ids of deployments and of a workspace, by name. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Main');
  await setPlan(plane, owner, 'TEAM');
  ids.Other = await create('/workspaces', { name: 'Other' });
  for (const [name, workspaceId] of [
    ['b', owner.workspace.id],
    ['C', ids.Other],
    ['a', owner.workspace.id],
  ] as const) {
    ids[name] = await create('/deployments', { name, workspaceId });
    plane.advanceClock(1);
  }
});
afterAll(() => plane.stop());

async function create(path: string, body: object): Promise<string> {
  const answer = await plane.call('POST', `${owner.path}${path}`, body, { token: owner.token });
  return z.object({ id: z.string() }).parse(answer.body, { error: () => JSON.stringify(answer.body) }).id;
}

const get = async (path: string, token = owner.token) =>
  (await plane.call('GET', `${owner.path}${path}`, undefined, { token })).body;

/** An API token that is asked for so. */
async function tokenFor(request: object): Promise<string> {
  const { body } = await plane.call('POST', `${owner.path}/tokens`, request, { token: owner.token });
  return z.object({ token: z.string() }).parse(body, { error: () => JSON.stringify(body) }).token;
}

const Page = z.object({ totalCount: z.int(), offset: z.int(), limit: z.int() });
const Named = z.array(z.looseObject({ name: z.string() }));

/** Names and how many there are in all. */
async function deployments(query: string, token = owner.token): Promise<[string, number]> {
  const page = Page.extend({ deployments: Named }).parse(await get(`/deployments?${query}`, token));
  return [page.deployments.map(({ name }) => name).join(' '), page.totalCount];
}

test('deployments are listed newest first, and sorted and paged as is asked', async () => {
  expect(await deployments('')).toEqual(['a C b', 3]);
  expect(await deployments('sorts=name:asc')).toEqual(['a b C', 3]);
  expect(await deployments('sorts=createdAt:asc')).toEqual(['b C a', 3]);
  expect(await deployments('sorts=name:desc&offset=1&limit=1')).toEqual(['b', 3]);
  expect(await deployments('sorts=status:asc&sorts=name:desc')).toEqual(['C b a', 3]);
  expect(await deployments('offset=3')).toEqual(['', 3]);
  expect(await get('/deployments?limit=1')).toMatchObject({ offset: 0, limit: 1, totalCount: 3 });
});

test('deployments are filtered by name, id and workspace, and by all of these at once', async () => {
  expect(await deployments('names=a&names=C&sorts=name:asc')).toEqual(['a C', 2]);
  expect(await deployments(`deploymentIds=${ids.b}&deploymentIds=${ids.C}`)).toEqual(['C b', 2]);
  expect(await deployments(`workspaceIds=${ids.Other}`)).toEqual(['C', 1]);
  expect(await deployments(`workspaceIds=${owner.workspace.id}`)).toEqual(['a b', 2]);
  expect(await deployments(`workspaceIds=${owner.workspace.id}&names=C`)).toEqual(['', 0]);
  expect(await deployments(`workspaceIds=${owner.organization.id}`)).toEqual(['', 0]);
  expect(await deployments(`workspaceIds=${'w'.repeat(128)}&workspaceIds=`)).toEqual(['', 0]);
});

test('who may see one workspace only is listed its deployments, and told how many these are', async () => {
  const request = {
    name: 'Reader',
    scope: 'WORKSPACE',
    entityId: owner.workspace.id,
    role: 'WORKSPACE_MEMBER',
  };
  const token = await tokenFor(request);
  const listed = (query: string) => deployments(query, token);
  expect(await listed('')).toEqual(['a b', 2]);
  expect(await listed('sorts=name:desc&limit=1')).toEqual(['b', 2]);
  expect(await listed('sorts=updatedAt:asc')).toEqual(['b a', 2]);
  expect(await listed(`deploymentIds=${ids.C}`)).toEqual(['', 0]);
});

test('who may see a deployment alone is shown the name of its workspace, in a list as by itself', async () => {
  const request = { name: 'CI', scope: 'DEPLOYMENT', entityId: ids.C, role: 'DEPLOYMENT_ADMIN' };
  const token = await tokenFor(request);
  const seen = (path: string) => get(path, token);
  const one = await seen(`/deployments/${ids.C}`);
  expect(one).toMatchObject({ workspaceId: ids.Other, workspaceName: 'Other' });
  expect(await seen('/deployments')).toMatchObject({ deployments: [one], totalCount: 1 });
  expect(await seen('/workspaces')).toMatchObject({ totalCount: 0 });
});

test('deploys are sorted and paged', async () => {
  const path = `/deployments/${ids.a}/deploys`;
  for (const description of ['first', 'second', 'third']) {
    await create(path, { type: 'DAG_ONLY', description });
    plane.advanceClock(1);
  }
  const list = async (query: string) => {
    const deploys = z.array(z.looseObject({ description: z.string() }));
    const page = Page.extend({ deploys }).parse(await get(`${path}?${query}`));
    return [page.deploys.map(({ description }) => description).join(' '), page.totalCount];
  };
  expect(await list('')).toEqual(['third second first', 3]);
  expect(await list('sorts=createdAt:asc')).toEqual(['first second third', 3]);
  expect(await list('limit=1&offset=1')).toEqual(['second', 3]);
});

test.each([
  ['/users?dagId=nightly', { users: [], totalCount: 0 }],
  ['/users?dagTags=finance&dagTags=daily', { users: [], totalCount: 0 }],
  ['/tokens?dagId=nightly', { tokens: [], totalCount: 0 }],
  ['/tokens?dagTags=finance', { tokens: [], totalCount: 0 }],
  ['/roles?includeDefaultRoles=true&scopeTypes=DAG', { roles: [], defaultRoles: [], totalCount: 0 }],
  ['/role-templates?scopeTypes=DAG', []],
])('%s has nothing: no roles are held on single DAGs', async (path, found) => {
  await create('/tokens', { name: path, scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' });
  expect(await get(path)).toMatchObject(found);
});

test('no permission is of single DAGs', async () => {
  const { token } = owner;
  const { body } = await plane.call('GET', '/v1/authorization/permission-groups?scopeType=DAG', undefined, {
    token,
  });
  expect(body).toEqual([]);
});

test('clusters are filtered by name and provider', async () => {
  const all = Page.extend({ clusters: Named }).parse(await get('/clusters'));
  const name = encodeURIComponent(all.clusters[0]?.name ?? '');
  expect(await get(`/clusters?names=${name}`)).toMatchObject({ totalCount: 1 });
  expect(await get('/clusters?names=other')).toMatchObject({ clusters: [], totalCount: 0 });
  expect(await get('/clusters?provider=GCP')).toMatchObject({ clusters: [], totalCount: 0 });
});

/** Names of what a list has under this key, and how many there are in all. */
const listed = async (path: string, key: string, account = owner) => {
  const { body } = await plane.call('GET', path, undefined, { token: account.token });
  const page = Page.loose().parse(body, { error: () => JSON.stringify(body) });
  const names = Named.parse(page[key]).map(({ name }) => name);
  return [names.join(' '), page.totalCount];
};

test('roles are sorted by what is asked, filtered by scope, and paged', async () => {
  for (const [name, description] of [
    ['beta', 'z'],
    ['Gamma', 'x'],
    ['alpha', 'y'],
  ]) {
    await create('/roles', { name, description, scopeType: 'DEPLOYMENT', permissions: ['deployment.get'] });
    plane.advanceClock(1);
  }
  const roles = (query: string) => listed(`${owner.path}/roles?${query}`, 'roles');
  expect(await roles('')).toEqual(['alpha Gamma beta', 3]);
  expect(await roles('sorts=name:asc')).toEqual(['alpha beta Gamma', 3]);
  expect(await roles('sorts=name:desc&limit=1&offset=1')).toEqual(['beta', 3]);
  expect(await roles('sorts=description:asc')).toEqual(['Gamma alpha beta', 3]);
  expect(await roles('sorts=createdAt:asc')).toEqual(['beta Gamma alpha', 3]);
  expect(await roles('sorts=scopeType:desc&sorts=name:asc')).toEqual(['alpha beta Gamma', 3]);
  expect(await roles('scopeTypes=WORKSPACE&scopeTypes=DEPLOYMENT&sorts=name:asc')).toEqual([
    'alpha beta Gamma',
    3,
  ]);
  expect(await roles('scopeTypes=WORKSPACE')).toEqual(['', 0]);
});

test('the teams of a user are sorted by what is asked, and paged', async () => {
  for (const [name, description] of [
    ['b', 'x'],
    ['C', 'z'],
    ['a', 'y'],
  ]) {
    await create('/teams', { name, description, memberIds: [owner.user.id] });
    plane.advanceClock(1);
  }
  await create('/teams', { name: 'without' });
  const teams = (query: string) => listed(`${owner.path}/users/${owner.user.id}/teams?${query}`, 'teams');
  expect(await teams('')).toEqual(['a C b', 3]);
  expect(await teams('sorts=name:asc')).toEqual(['a b C', 3]);
  expect(await teams('sorts=description:desc')).toEqual(['C a b', 3]);
  expect(await teams('sorts=createdAt:asc&limit=2')).toEqual(['b C', 3]);
  expect(await teams('sorts=updatedAt:desc&offset=1')).toEqual(['C b', 3]);
});

test('invites are sorted by when they were made and when they end, and paged', async () => {
  for (const inviteeEmail of ['b@example.com', 'c@example.com', 'a@example.com']) {
    await plane.call(
      'POST',
      `${owner.path}/invites`,
      { inviteeEmail, role: 'ORGANIZATION_MEMBER' },
      { token: owner.token },
    );
    plane.advanceClock(1);
  }
  const path = owner.path.replace('/v1/', '/v1alpha1/');
  const invites = async (query: string) => {
    const { body } = await plane.call('GET', `${path}/invites?${query}`, undefined, { token: owner.token });
    const Invitee = z.object({ username: z.string().transform((email) => email.split('@')[0]) });
    const page = Page.extend({ invites: z.array(z.object({ invitee: Invitee })) }).parse(body);
    return [page.invites.map(({ invitee }) => invitee.username).join(' '), page.totalCount];
  };
  expect(await invites('')).toEqual(['a c b', 3]);
  expect(await invites('sorts=createdAt:asc')).toEqual(['b c a', 3]);
  expect(await invites('sorts=expiresAt:asc&limit=1')).toEqual(['b', 3]);
  expect(await invites('sorts=expiresAt:desc&offset=1')).toEqual(['c b', 3]);
});

test('organizations are sorted by what is asked, and paged', async () => {
  const member = await signUp(plane, 'beta');
  for (const name of ['Gamma', 'alpha']) {
    plane.advanceClock(1);
    await admit(await signUp(plane, name), member);
  }
  const organizations = (query: string) => listed(`/v1/organizations?${query}`, 'organizations', member);
  expect(await organizations('')).toEqual(['alpha Gamma beta', 3]);
  expect(await organizations('sorts=name:asc')).toEqual(['alpha beta Gamma', 3]);
  expect(await organizations('sorts=createdAt:asc&limit=2')).toEqual(['beta Gamma', 3]);
  plane.advanceClock(1);
  await plane.call(
    'POST',
    member.path,
    { name: 'beta', billingEmail: 'bills@example.com', isScimEnabled: false },
    { token: member.token },
  );
  expect(await organizations('sorts=updatedAt:desc&limit=1')).toEqual(['beta', 3]);
  expect(await organizations('sorts=name:desc&offset=1&limit=1')).toEqual(['beta', 3]);
});

/** Takes somebody who has an account into another's organization, as an invite's mail does. */
async function admit(by: Account, { email }: Account): Promise<void> {
  const invite = { inviteeEmail: email, role: 'ORGANIZATION_MEMBER' };
  await plane.call('POST', `${by.path}/invites`, invite, { token: by.token });
  await plane.tick();
  const { text = '' } = plane.mailbox.messages(email).at(-1) ?? {};
  const [link = ''] = /http\S+/.exec(text) ?? [];
  const token = new URL(link).searchParams.get('token');
  const { status } = await plane.call('POST', '/v1alpha1/invites/accept', { token });
  expect(status).toBe(200);
}

test('numbers are sorted as numbers', () => {
  const items = [9, 10, 1].map((number) => ({ number }));
  const page = pageOf(items, { offset: 0, limit: 10, sorts: ['number:asc'] });
  expect(page.items.map(({ number }) => number)).toEqual([1, 9, 10]);
});
