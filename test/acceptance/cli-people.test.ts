import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Astro, createAstro } from '../support/astro.ts';
import { type CliPlatform, startForecast } from '../support/cli.ts';
import { createClient, type Tenant } from '../support/client.ts';
import { createDeployment, type Deployment, healthy } from '../support/deployment.ts';
import { linkTo } from '../support/mail.ts';
import { type Platform, until } from '../support/platform.ts';

const GUEST = 'grace@example.com';

let platform: Platform;
let tenant: Tenant;
let astro: Astro;
let folder: string;
let deployment: Deployment;
let stop: CliPlatform['stop'];
let guestToken: string;

beforeAll(async () => {
  ({ platform, tenant, astro, folder, deployment, stop } = await startForecast());
  await cp(join(import.meta.dirname, '..', '..', 'examples', 'hello'), folder, { recursive: true });
});
afterAll(() => stop?.());

const done = (...args: readonly string[]) => astro.done(args);

/** What CI sees: the CLI with nothing but an API token. */
async function withToken(token: string, ...args: readonly string[]) {
  const ci = await createAstro();
  const printed = await ci.run(args, { cwd: folder, environment: { ASTRO_API_TOKEN: token } });
  await ci.remove();
  return printed;
}

/** Without the workspace's id the CLI shows no role. */
const members = () => ['workspace', 'user', 'list', '--workspace-id', tenant.workspaceId];
/** Without it the CLI wants a workspace to be switched to, though it lists all. */
const everyDeployment = () => ['deployment', 'list', '--all', '--workspace-id', tenant.workspaceId];
/** The line of a table that has this in it. */
const line = (text: string, part: string) => text.split('\n').find((row) => row.includes(part)) ?? '';
const tokenIn = (text: string) => /ey[\w-]+\.[\w-]+\.[\w-]+/.exec(text)?.[0] ?? '';
const idIn = (row: string) => /\bc[0-9a-z]{24}\b/.exec(row)?.[0] ?? '';

describe('users', () => {
  test('are invited, and listed once they have accepted', async () => {
    expect(await done('organization', 'user', 'invite', GUEST, '--role', 'ORGANIZATION_MEMBER')).toContain(
      `invite for ${GUEST} with role ORGANIZATION_MEMBER created`,
    );
    const anonymous = createClient(platform.url);
    const token = new URL(await linkTo(anonymous, GUEST)).searchParams.get('token');
    const person = { token, fullName: 'Grace Breeze', password: 'correct horse battery' };
    const accepted = await anonymous.post('/v1alpha1/invites/accept', person);
    guestToken = z.object({ token: z.string() }).parse(accepted.body).token;
    expect(line(await done('organization', 'user', 'list'), GUEST)).toContain('ORGANIZATION_MEMBER');
  });

  test('get another role in the organization', async () => {
    await done('organization', 'user', 'update', GUEST, '--role', 'ORGANIZATION_BILLING_ADMIN');
    expect(line(await done('organization', 'user', 'list'), GUEST)).toContain('ORGANIZATION_BILLING_ADMIN');
  });

  test('are added to the workspace, changed and removed', async () => {
    await done('workspace', 'user', 'add', GUEST, '--role', 'WORKSPACE_AUTHOR');
    expect(line(await done(...members()), GUEST)).toContain('WORKSPACE_AUTHOR');
    await done('workspace', 'user', 'update', GUEST, '--role', 'WORKSPACE_OPERATOR');
    expect(line(await done(...members()), GUEST)).toContain('WORKSPACE_OPERATOR');
    await done('workspace', 'user', 'remove', GUEST);
    expect(await done(...members())).not.toContain(GUEST);
  });

  test('are added to a deployment, and removed', async () => {
    const on = ['--deployment-id', deployment.id];
    await done('deployment', 'user', 'add', GUEST, '--role', 'DEPLOYMENT_ADMIN', ...on);
    expect(line(await done('deployment', 'user', 'list', ...on), GUEST)).toContain('DEPLOYMENT_ADMIN');
    await done('deployment', 'user', 'remove', GUEST, ...on);
    expect(await done('deployment', 'user', 'list', ...on)).not.toContain(GUEST);
  });

  test('are not left without an owner', async () => {
    const me = line(await done('organization', 'user', 'list'), 'ORGANIZATION_OWNER');
    const email = /\S+@\S+/.exec(me)?.[0] ?? '';
    const args = ['organization', 'user', 'update', email, '--role', 'ORGANIZATION_MEMBER'];
    const { exitCode, text } = await astro.run(args);
    expect({ exitCode, text }).toMatchObject({ exitCode: 1, text: expect.stringContaining('last owner') });
  });

  test('have the roles that are listed', async () => {
    const text = await done('organization', 'role', 'list', '--include-default-roles');
    for (const role of ['ORGANIZATION_OWNER', 'WORKSPACE_AUTHOR', 'DEPLOYMENT_ADMIN']) {
      expect(text).toContain(role);
    }
  });
});

test("a role of the organization's own is listed, and given to a user, a team and an API token", async () => {
  const role = {
    name: 'Deployer',
    scopeType: 'DEPLOYMENT',
    permissions: ['deployment.get', 'deploy.create'],
  };
  const made = await tenant.client.post(`/v1/organizations/${tenant.organizationId}/roles`, role);
  expect(made).toMatchObject({ status: 200, body: role });
  expect(await done('organization', 'role', 'list')).toContain('Deployer');
  const [as, on] = [
    ['--role', 'Deployer'],
    ['--deployment-id', deployment.id],
  ];
  await done('deployment', 'user', 'add', GUEST, ...as, ...on);
  expect(line(await done('deployment', 'user', 'list', ...on), GUEST)).toContain('Deployer');
  await done('deployment', 'user', 'update', GUEST, '--role', 'DEPLOYMENT_ADMIN', ...on);
  expect(line(await done('deployment', 'user', 'list', ...on), GUEST)).toContain('DEPLOYMENT_ADMIN');
  await done('deployment', 'user', 'remove', GUEST, ...on);
  await done('organization', 'team', 'create', '--name', 'Deployers', '--role', 'ORGANIZATION_MEMBER');
  const teamId = idIn(line(await done('organization', 'team', 'list'), 'Deployers'));
  await done('deployment', 'team', 'add', teamId, ...as, ...on);
  expect(line(await done('deployment', 'team', 'list', ...on), 'Deployers ')).toContain('Deployer');
  await done('organization', 'team', 'delete', teamId);
  await done('deployment', 'token', 'create', '--name', 'brings code', ...as, ...on);
  const token = line(await done('deployment', 'token', 'list', ...on), 'brings code');
  expect(token).toContain('Deployer');
  await done('deployment', 'token', 'delete', idIn(token), '--force', ...on);
});

describe('a team', () => {
  const NAME = 'Storm chasers';
  const onDeployment = () => ['--deployment-id', deployment.id];
  let teamId = '';
  let guestId = '';
  /** The CLI's list of a workspace's teams shows no roles. */
  const roleInWorkspace = async () => {
    const { body } = await tenant.client.get(`/v1/organizations/${tenant.organizationId}/teams/${teamId}`);
    const roles = z.array(z.object({ workspaceId: z.string(), role: z.string() }));
    const { workspaceRoles } = z.object({ workspaceRoles: roles }).parse(body);
    return workspaceRoles.find(({ workspaceId }) => workspaceId === tenant.workspaceId)?.role;
  };
  const guestSees = async () => (await withToken(guestToken, ...everyDeployment())).text.includes('forecast');

  test('is created, and users join it', async () => {
    const described = ['--description', 'After the wind'];
    await done(
      'organization',
      'team',
      'create',
      '--name',
      NAME,
      ...described,
      '--role',
      'ORGANIZATION_MEMBER',
    );
    const listed = line(await done('organization', 'team', 'list'), NAME);
    expect(listed).toContain('After the wind');
    expect(listed).toContain('ORGANIZATION_MEMBER');
    teamId = idIn(listed);
    guestId = idIn(line(await done('organization', 'user', 'list'), GUEST));
    await done('organization', 'team', 'user', 'add', '--team-id', teamId, '--user-id', guestId);
    expect(await done('organization', 'team', 'user', 'list', '--team-id', teamId)).toContain(GUEST);
  });

  test('is added to the workspace, and so are its members; changed and removed', async () => {
    expect(await guestSees()).toBe(false);
    await done('workspace', 'team', 'add', teamId, '--role', 'WORKSPACE_AUTHOR');
    expect(await done('workspace', 'team', 'list')).toContain(NAME);
    expect(await roleInWorkspace()).toBe('WORKSPACE_AUTHOR');
    await until(guestSees, { seconds: 10, what: () => 'the member to see the deployment' });
    await done('workspace', 'team', 'update', teamId, '--role', 'WORKSPACE_OPERATOR');
    expect(await roleInWorkspace()).toBe('WORKSPACE_OPERATOR');
    await done('workspace', 'team', 'remove', teamId);
    expect(await done('workspace', 'team', 'list')).not.toContain(NAME);
    const seesNothing = async () => !(await guestSees());
    await until(seesNothing, { seconds: 10, what: () => 'the member to see the deployment no more' });
  });

  test('is added to a deployment, listed and removed', async () => {
    await done('deployment', 'team', 'add', teamId, '--role', 'DEPLOYMENT_ADMIN', ...onDeployment());
    expect(line(await done('deployment', 'team', 'list', ...onDeployment()), NAME)).toContain(
      'DEPLOYMENT_ADMIN',
    );
    await done('deployment', 'team', 'update', teamId, '--role', 'DEPLOYMENT_ADMIN', ...onDeployment());
    await done('deployment', 'team', 'remove', teamId, ...onDeployment());
    expect(await done('deployment', 'team', 'list', ...onDeployment())).not.toContain(NAME);
  });

  test('is changed, left and deleted', async () => {
    const changes = ['--name', 'Gale chasers', '--role', 'ORGANIZATION_BILLING_ADMIN'];
    await done('organization', 'team', 'update', teamId, ...changes);
    const listed = line(await done('organization', 'team', 'list'), 'Gale chasers');
    expect(listed).toContain('After the wind');
    expect(listed).toContain('ORGANIZATION_BILLING_ADMIN');
    await done('organization', 'team', 'user', 'remove', '--team-id', teamId, '--user-id', guestId);
    expect(await done('organization', 'team', 'user', 'list', '--team-id', teamId)).not.toContain(GUEST);
    await done('organization', 'team', 'delete', teamId);
    expect(await done('organization', 'team', 'list')).not.toContain(teamId);
  });
});

describe.each([
  ['organization', 'ORGANIZATION_OWNER', 'ORGANIZATION_MEMBER'],
  ['workspace', 'WORKSPACE_OPERATOR', 'WORKSPACE_AUTHOR'],
  ['deployment', 'DEPLOYMENT_ADMIN', 'Deployer'],
])("an API token of the %s's", (scope, role, otherRole) => {
  const on = () => (scope === 'deployment' ? ['--deployment-id', deployment.id] : []);
  const token = (...args: string[]) => done(scope, 'token', ...args, ...on());
  let text = '';

  test('is created, and is all that CI needs', async () => {
    text = tokenIn(await token('create', '--name', `${scope} CI`, '--role', role, '--expiration', '30'));
    const listed = line(await token('list'), `${scope} CI`);
    expect(listed).toContain(role);
    const { exitCode, text: printed } = await withToken(text, ...everyDeployment());
    expect({ exitCode, printed }).toMatchObject({
      exitCode: 0,
      printed: expect.stringContaining('forecast'),
    });
  });

  test('is renamed, and gets another role', async () => {
    const id = idIn(line(await token('list'), `${scope} CI`));
    const changes = ['--new-name', `${scope} nightly`, '--description', 'at night', '--role', otherRole];
    await token('update', id, ...changes);
    const listed = line(await token('list'), `${scope} nightly`);
    expect(listed).toContain(otherRole);
    expect(listed).toContain('at night');
  });

  test('is rotated, and the old text is refused', async () => {
    const id = idIn(line(await token('list'), `${scope} `));
    const rotated = tokenIn(await token('rotate', id, '--force'));
    expect(rotated).not.toBe(text);
    expect((await withToken(rotated, ...everyDeployment())).exitCode).toBe(0);
    await until(async () => (await withToken(text, ...everyDeployment())).exitCode === 1, {
      seconds: 10,
      what: () => 'the old text to be refused',
    });
  });

  test('is deleted', async () => {
    const id = idIn(line(await token('list'), `${scope} `));
    expect(await token('delete', id, '--force')).toContain('successfully deleted');
    expect(idIn(await token('list'))).toBe('');
  });
});

test('an API token of the organization is added to a workspace and a deployment', async () => {
  const name = 'everywhere';
  await done('organization', 'token', 'create', '--name', name, '--role', 'ORGANIZATION_MEMBER');
  const id = idIn(line(await done('organization', 'token', 'list'), name));
  await done('workspace', 'token', 'add', id, '--role', 'WORKSPACE_AUTHOR');
  expect(line(await done('workspace', 'token', 'list'), name)).toContain('WORKSPACE_AUTHOR');
  const on = ['--deployment-id', deployment.id];
  await done('deployment', 'token', 'organization-token', 'add', id, '--role', 'DEPLOYMENT_ADMIN', ...on);
  expect(line(await done('deployment', 'token', 'list', ...on), name)).toContain('DEPLOYMENT_ADMIN');
  const roles = await done('organization', 'token', 'roles', id);
  for (const role of ['ORGANIZATION_MEMBER', 'WORKSPACE_AUTHOR', 'DEPLOYMENT_ADMIN'])
    expect(roles).toContain(role);
});

test.each([
  ['workspace', 'organization', 'ORGANIZATION_MEMBER', 'WORKSPACE_AUTHOR', 'WORKSPACE_MEMBER'],
  ['deployment', 'organization', 'ORGANIZATION_MEMBER', 'Deployer', 'DEPLOYMENT_ADMIN'],
  ['deployment', 'workspace', 'WORKSPACE_MEMBER', 'Deployer', 'DEPLOYMENT_ADMIN'],
])('to a %s an API token of the %s is added, listed, changed there and removed', async (...row) => {
  const [scope, of, ownRole, role, otherRole] = row;
  const on = scope === 'deployment' ? ['--deployment-id', deployment.id] : [];
  const name = `guest of the ${scope}`;
  await done(of, 'token', 'create', '--name', name, '--role', ownRole);
  const id = idIn(line(await done(of, 'token', 'list'), name));
  const there = (...args: string[]) => done(scope, 'token', `${of}-token`, ...args, ...on);
  await there('add', id, '--role', role);
  expect(line(await there('list'), name)).toContain(role);
  await there('update', id, '--role', otherRole);
  expect(line(await there('list'), name)).toContain(otherRole);
  await there('remove', id);
  expect(await there('list')).not.toContain(name);
  expect(line(await done(of, 'token', 'list'), name)).toContain(ownRole);
  await done(of, 'token', 'delete', id, '--force');
});

test('a workspace is deleted', async () => {
  await done('workspace', 'create', '--name', 'passing', '--enforce-cicd', 'OFF');
  const id = idIn(line(await done('workspace', 'list'), 'passing'));
  await done('workspace', 'delete', id);
  expect(await done('workspace', 'list')).not.toContain('passing');
});

test('where CI/CD is enforced a person does not deploy, and an API token does', async () => {
  await done('workspace', 'update', tenant.workspaceId, '--enforce-cicd', 'ON');
  await createDeployment(tenant, { name: 'pipelines' });
  const { id } = await healthy(tenant, 'pipelines');
  const asPerson = await astro.run(['deploy', id, '--dags'], { cwd: folder });
  expect(asPerson).toMatchObject({ exitCode: 1, text: expect.stringContaining('API token') });
  const created = await done(
    ...['deployment', 'token', 'create', '--name', 'CD', '--role', 'DEPLOYMENT_ADMIN'],
    ...['--deployment-id', id],
  );
  const { exitCode, text } = await withToken(tokenIn(created), 'deploy', id, '--dags');
  expect({ exitCode, text }).toMatchObject({
    exitCode: 0,
    text: expect.stringContaining('Successfully uploaded'),
  });
});
