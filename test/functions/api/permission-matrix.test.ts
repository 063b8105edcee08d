import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import {
  DeploymentRole,
  NO_ROLES,
  OrganizationRole,
  type Roles,
  WorkspaceRole,
} from '../../../core/permission/roles.ts';
import type { Route } from '../../../functions/api/route.ts';
import { routes } from '../../../functions/api/table.ts';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { PATIENCE } from '../../support/patience.ts';

/**
 * Who may call what: every route of an organization, by every role and one of the organization's own (deployer), held on the workspace and the deployment that the
 * route is asked for (own), on others of the same organization (other), and in another organization. What is right
 * stands in `permission-matrix.md`: a change of it is to be read, then taken over with `-u`.
 */
let plane: ControlPlane;
let owner: Account;
let ids: Record<string, string>;

beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
  await setPlan(plane, owner, 'TEAM');
  const own = await newPlace();
  const { user } = await join(plane, owner);
  ids = {
    organizationId: owner.organization.id,
    ...own,
    userId: user.id,
    memberId: user.id,
    teamId: await create('/teams', { name: 'team' }),
    tokenId: await newToken(accessorOf(own.workspaceId)),
    deployId: await create(`/deployments/${own.deploymentId}/deploys`, { type: 'DAG_ONLY' }),
    clusterId: 'test',
    roleId: await create('/roles', { name: 'Deployer', ...deployer }),
    revision: '1',
  };
});
afterAll(() => plane.stop());

const post = (path: string, body: unknown, { path: organization, token } = owner) =>
  plane.call('POST', `${organization}${path}`, body, { token });
const create = async (path: string, body: unknown, account = owner) => {
  const answer = await post(path, body, account);
  return z.object({ id: z.string() }).parse(answer.body, { error: () => JSON.stringify(answer.body) }).id;
};
const deployer = { scopeType: 'DEPLOYMENT', permissions: ['deployment.get', 'deploy.get', 'deploy.create'] };
const newToken = (request: object) => create('/tokens', { name: 'token', ...request });
const accessorOf = (workspaceId: string) => ({
  scope: 'WORKSPACE',
  entityId: workspaceId,
  role: 'WORKSPACE_ACCESSOR',
});

let invites = 0;
let teams = 0;
let customRoles = 0;
let places = 0;
/** A workspace with a deployment, of the account's organization. */
async function newPlace(account = owner): Promise<{ workspaceId: string; deploymentId: string }> {
  places += 1;
  const workspaceId = await create('/workspaces', { name: `Workspace ${places}` }, account);
  const deploymentId = await create('/deployments', { name: 'Forecast', workspaceId }, account);
  return { workspaceId, deploymentId };
}

/** Requests that core decides about, by what they say; every other route is decided about by its path alone. */
const bodies = (): Record<string, object> => {
  const { workspaceId } = ids;
  const role = 'WORKSPACE_MEMBER';
  return {
    CreateDeployment: { name: 'Another', workspaceId, workerQueues: [] },
    CreateApiToken: { name: 'Another', scope: 'WORKSPACE', entityId: workspaceId, role },
    UpdateApiToken: { name: 'Renamed' },
    UpdateApiTokenRoles: { roles: [{ entityType: 'WORKSPACE', entityId: workspaceId, role }] },
    UpdateUserRoles: { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles: [{ workspaceId, role }] },
    UpdateTeamRoles: { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles: [{ workspaceId, role }] },
  };
};

/** Makes what a call changes or deletes be there as before. */
const restore: Record<string, () => Promise<unknown>> = {
  UpdateUserRoles: async () => {
    const { organizationId = '', userId = '' } = ids;
    const { member } = plane.services.store(organizationId).entities;
    const { data } = await member.get({ organizationId, userId }).go();
    if (data === null) throw new Error('The member is gone');
    await member.put({ ...data, roles: { ...NO_ROLES, organization: 'ORGANIZATION_MEMBER' } }).go();
  },
  UpdateTeamRoles: async () => {
    teams += 1;
    ids = { ...ids, teamId: await create('/teams', { name: `Team ${teams}` }) };
  },
  DeleteTeam: async () => await restore.UpdateTeamRoles?.(),
  DeleteCustomRole: async () => {
    customRoles += 1;
    ids = { ...ids, roleId: await create('/roles', { name: `Role ${customRoles}`, ...deployer }) };
  },
  GetCustomRole: async () => await restore.DeleteCustomRole?.(),
  UpdateApiTokenRoles: async () => {
    const { workspaceId = '' } = ids;
    ids = { ...ids, tokenId: await newToken(accessorOf(workspaceId)) };
  },
  GetApiToken: async () => await restore.UpdateApiTokenRoles?.(),
  UpdateApiToken: async () => await restore.UpdateApiTokenRoles?.(),
  DeleteApiToken: async () => await restore.UpdateApiTokenRoles?.(),
  DeleteUserInvite: async () => {
    invites += 1;
    const guest = { inviteeEmail: `guest-${invites}@example.com`, role: 'ORGANIZATION_MEMBER' };
    const { inviteId } = z.object({ inviteId: z.string() }).parse((await post('/invites', guest)).body);
    ids = { ...ids, inviteId };
  },
};

/** Somebody who calls: an API token or a user with these roles in the account's organization. */
interface Caller {
  readonly token: string;
}

async function tokenWith(roles: Roles, account: Account): Promise<Caller> {
  const request = { name: 'caller', scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' };
  const answer = await post('/tokens', request, account);
  const { id, token } = z.object({ id: z.string(), token: z.string() }).parse(answer.body);
  const { id: organizationId } = account.organization;
  await plane.services
    .store(organizationId)
    .entities.apiToken.patch({ organizationId, tokenId: id })
    .set({ roles })
    .go();
  return { token };
}

async function userWith(roles: Roles, account: Account): Promise<Caller> {
  const { user, token } = await join(plane, account);
  const { id: organizationId } = account.organization;
  await plane.services
    .store(organizationId)
    .entities.member.patch({ organizationId, userId: user.id })
    .set({ roles })
    .go();
  return { token };
}

type Answer = Awaited<ReturnType<ControlPlane['call']>>;

async function ask({ token }: Caller, route: Route): Promise<Answer> {
  await restore[route.operation]?.();
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');
  const query = route.operation === 'GetDeploymentLogs' ? '?sources=scheduler' : '';
  const body = typeof route.body === 'string' ? undefined : (bodies()[route.operation] ?? {});
  return await plane.call(route.method, `${path}${query}`, body, { token });
}

const Refusal = z.object({ message: z.string() });

/** `yes` unless it is refused; what even the owner of the organization does not find is not refused. */
function cell(answer: Answer, byOwner: Answer): string {
  if (answer.status === 404 && byOwner.status === 404) {
    const [said, saidToOwner] = [Refusal.parse(answer.body), Refusal.parse(byOwner.body)];
    if (said.message === saidToOwner.message) return 'yes';
  }
  expect([401, 429]).not.toContain(answer.status);
  expect(answer.status).toBeLessThan(500);
  return answer.status === 403 || answer.status === 404 ? String(answer.status) : 'yes';
}

function markdown(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    line(['operation', ...columns]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map(line),
    '',
  ].join('\n');
}

/** `WORKSPACE_OWNER` as the head of a column. */
const head = (role: string) =>
  role
    .toLowerCase()
    .replace(/^(organization|workspace|deployment)_/, '')
    .replaceAll('_', ' ');

const guarded = routes.filter(
  ({ access, path }) => access.kind === 'permission' && path.includes('/organizations/{organizationId}'),
);

test.each([
  ['an API token', tokenWith],
  ['a user', userWith],
] as const)(
  '%s may do what its role permits, and nothing else',
  async (holder, callerWith) => {
    const { workspaceId = '', deploymentId = '' } = ids;
    const other = await newPlace();
    const stranger = await signUp(plane, 'Stranger');
    await setPlan(plane, stranger, 'TEAM');
    const foreign = await newPlace(stranger);
    const held = { name: `Held by ${holder}`, ...deployer };
    const heldRoleIds = [await create('/roles', held), await create('/roles', held, stranger)];
    const organization = OrganizationRole.options.map(
      (role) => [head(role), { ...NO_ROLES, organization: role }] as const,
    );
    const on = (place: { workspaceId: string; deploymentId: string }, [heldRoleId = ''] = heldRoleIds) => [
      ...WorkspaceRole.options.map(
        (role) =>
          [`workspace ${head(role)}`, { ...NO_ROLES, workspaces: { [place.workspaceId]: role } }] as const,
      ),
      ...[...DeploymentRole.options, heldRoleId].map(
        (role) =>
          [
            `deployment ${role === heldRoleId ? 'deployer' : head(role)}`,
            { ...NO_ROLES, deployments: { [place.deploymentId]: role } },
          ] as const,
      ),
    ];
    const tables: [string, Account, readonly (readonly [string, Roles])[]][] = [
      ['Roles of the organization', owner, organization],
      [
        'Roles on the workspace and the deployment that are asked for',
        owner,
        on({ workspaceId, deploymentId }),
      ],
      ['Roles on others of the organization', owner, on(other)],
      ['Roles in another organization', stranger, [...organization, ...on(foreign, heldRoleIds.slice(1))]],
    ];
    const byOwner = new Map<string, Answer>();
    for (const route of guarded) byOwner.set(route.operation, await ask(owner, route));
    const parts = ['# Who may call what\n'];
    for (const [title, account, columns] of tables) {
      const callers: Caller[] = [];
      for (const [, roles] of columns) callers.push(await callerWith(roles, account));
      const rows: string[][] = [];
      for (const route of guarded) {
        const owned = byOwner.get(route.operation);
        if (owned === undefined) throw new Error(`The owner has not asked ${route.operation}`);
        const row = [route.operation];
        for (const caller of callers) row.push(cell(await ask(caller, route), owned));
        rows.push(row);
      }
      parts.push(
        markdown(
          title,
          columns.map(([name]) => name),
          rows,
        ),
      );
    }
    await expect(parts.join('\n')).toMatchFileSnapshot('permission-matrix.md');
  },
  120_000 * PATIENCE,
);

test('an owner of another organization is told of nothing', async () => {
  const stranger = await signUp(plane, 'Stranger');
  const foreign = await plane.call(
    'POST',
    `${stranger.path}/tokens`,
    { name: 'all', scope: 'ORGANIZATION', role: 'ORGANIZATION_OWNER' },
    { token: stranger.token },
  );
  for (const caller of [stranger, z.object({ token: z.string() }).parse(foreign.body)]) {
    for (const route of guarded) {
      const { status, body } = await ask(caller, route);
      expect({ operation: route.operation, status, body }).toMatchObject({
        status: 404,
        body: { message: expect.stringMatching(/^No (organization|workspace|deployment) /) },
      });
    }
  }
});

test('what is of another organization is not found behind the path of the own one', async () => {
  const neighbour = await signUp(plane, 'Neighbour');
  await setPlan(plane, neighbour, 'TEAM');
  const behind: Record<string, string> = { ...ids, organizationId: neighbour.organization.id };
  const whole: Record<string, object> = {
    ...bodies(),
    UpdateWorkspace: { name: 'Renamed', description: '', cicdEnforcedDefault: false },
    UpdateTeam: { name: 'Renamed' },
    CreateDeploy: { type: 'DAG_ONLY' },
    FinalizeDeploy: { dagTarballVersion: 'any' },
    AddTeamMembers: { memberIds: [neighbour.user.id] },
    UpdateCustomRole: { name: 'Renamed', permissions: deployer.permissions },
  };
  const named = guarded.filter(({ path }) => /\{(?!organizationId|clusterId)\w+\}/.test(path));
  expect(named.length).toBeGreaterThan(30);
  for (const route of named) {
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => behind[name] ?? 'none');
    const query = route.operation === 'GetDeploymentLogs' ? '?sources=scheduler' : '';
    const body = typeof route.body === 'string' ? undefined : (whole[route.operation] ?? {});
    const options = { token: neighbour.token };
    const { status } = await plane.call(route.method, `${path}${query}`, body, options);
    expect({ operation: route.operation, status }).toEqual({ operation: route.operation, status: 404 });
  }
});
