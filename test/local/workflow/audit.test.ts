import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { differences } from '../../../core/audit/differences.ts';
import type { Fields } from '../../../core/audit/entity.ts';
import { routes } from '../../../functions/api/table.ts';
import { type Line, toldBy } from '../../support/audit-lines.ts';
import { createClient } from '../../support/client.ts';
import { linkTo } from '../../support/mail.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';
import { type Read, shownBy, shownDeploy, withVersion } from './shown.ts';

/**
 * Every route below an organization that changes something leaves an entry in its audit log, with who asked, and what
 * the API showed before it and shows after it. Each is asked for something whole; a new route has no place here until
 * it is told how.
 */
let cloud: Rehearsal;
let rehearsed: Rehearsed;
let deploymentId: string;
/** The member whom an owner changes, and a team that has it. */
let memberId: string;
let teamId: string;

beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  deploymentId = await rehearsed.create('told');
  await rehearsed.settled(deploymentId);
  await rehearsed.update(deploymentId, { schedulerSize: 'MEDIUM' });
  await rehearsed.settled(deploymentId);
  memberId = await joined('member@example.com');
  teamId = await make('/teams', named({ memberIds: [memberId] }));
});
afterAll(() => cloud.stop());

const SECRET = 'never-told';
const Made = z.object({ id: z.string() });

/** Sends a request that has to succeed, to a path of the organization. */
async function ask(method: 'post' | 'delete', path: string, body: object = {}): Promise<unknown> {
  const { client, organizationId } = rehearsed.tenant;
  const url = `/v1/organizations/${organizationId}${path}`;
  const answer = await (method === 'post' ? client.post(url, body) : client.delete(url));
  expect([200, 204], JSON.stringify(answer)).toContain(answer.status);
  return answer.body;
}

const make = async (path: string, body: object) => Made.parse(await ask('post', path, body)).id;
let count = 0;
const named = (more: object = {}) => ({ name: `Thing ${++count}`, description: `The ${count}th`, ...more });

const workspace = () => make('/workspaces', named());
const team = () => make('/teams', named());
const apiToken = () =>
  make('/tokens', named({ scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER', tokenExpiryPeriodInDays: 30 }));
const permissions = ['deployment.get'];
const role = () =>
  make(
    '/roles',
    named({ scopeType: 'DEPLOYMENT', permissions, restrictedWorkspaceIds: [rehearsed.tenant.workspaceId] }),
  );
const owner = { organizationRole: 'ORGANIZATION_OWNER' };
const organization = async () => rehearsed.tenant.organizationId;
const member = async () => memberId;

async function invite(inviteeEmail = `guest-${++count}@example.com`): Promise<string> {
  const body = await ask('post', '/invites', { inviteeEmail, role: 'ORGANIZATION_MEMBER' });
  return z.object({ inviteId: z.string() }).parse(body).inviteId;
}

/** Has somebody join by the link of an invite's mail; answers the user's id. */
async function joined(email: string): Promise<string> {
  await invite(email);
  const client = createClient(cloud.url);
  const token = new URL(await linkTo(client, email)).searchParams.get('token');
  const accepted = await client.post('/v1alpha1/invites/accept', {
    token,
    fullName: 'Grace Breeze',
    password: 'correct horse',
  });
  return z.object({ user: Made }).parse(accepted.body).user.id;
}

const deployment = async () => deploymentId;
const ofDeployment = (path = '') => `/deployments/${deploymentId}${path}`;
const deploy = () => make(ofDeployment('/deploys'), { type: 'DAG_ONLY' });

/** A deploy whose code is uploaded, and the request that finalizes it. */
let finalizing: Awaited<ReturnType<typeof rehearsed.upload>>;
async function uploaded(): Promise<string> {
  finalizing = await rehearsed.upload(deploymentId, `print(${++count})`);
  return z.string().parse(finalizing.url.split('/').at(-2));
}

async function finalize(): Promise<void> {
  expect((await rehearsed.tenant.client.post(finalizing.url, finalizing.body)).status).toBe(200);
  await rehearsed.settled(deploymentId);
}

/** A deploy that has been carried out. */
async function delivered(): Promise<string> {
  const { body } = await rehearsed.deliver(deploymentId, `print(${++count})`);
  await rehearsed.settled(deploymentId);
  return Made.parse(body).id;
}

/** What the audit log tells of each route, how there comes to be what it makes or changes, and how it changes that. */
const asked: Record<
  string,
  readonly [told: string, make: () => Promise<string>, change?: (id: string) => Promise<unknown>]
> = {
  UpdateOrganization: [
    'UPDATE ORGANIZATION',
    organization,
    () => ask('post', '', { name: 'Gales', billingEmail: 'billing@example.com', isScimEnabled: false }),
  ],
  ChangeProductPlan: [
    'UPDATE ORGANIZATION',
    async () => {
      await rehearsed.setPlan('TEAM');
      return await organization();
    },
    () => rehearsed.setPlan('BUSINESS'),
  ],
  UpdateUserRoles: ['UPDATE USER', member, (id) => ask('post', `/users/${id}/roles`, owner)],
  CreateTeam: ['CREATE TEAM', team],
  UpdateTeam: ['UPDATE TEAM', team, (id) => ask('post', `/teams/${id}`, named())],
  DeleteTeam: ['DELETE TEAM', team, (id) => ask('delete', `/teams/${id}`)],
  UpdateTeamRoles: ['UPDATE TEAM', team, (id) => ask('post', `/teams/${id}/roles`, owner)],
  AddTeamMembers: [
    'UPDATE USER',
    member,
    async (id) => await ask('post', `/teams/${await team()}/members`, { memberIds: [id] }),
  ],
  RemoveTeamMember: ['UPDATE USER', member, (id) => ask('delete', `/teams/${teamId}/members/${id}`)],
  CreateUserInvite: ['CREATE INVITE', () => invite()],
  DeleteUserInvite: ['DELETE INVITE', invite, (id) => ask('delete', `/invites/${id}`)],
  CreateApiToken: ['CREATE API_TOKEN', apiToken],
  UpdateApiToken: ['UPDATE API_TOKEN', apiToken, (id) => ask('post', `/tokens/${id}`, named())],
  UpdateApiTokenRoles: [
    'UPDATE API_TOKEN',
    apiToken,
    (id) =>
      ask('post', `/tokens/${id}/roles`, {
        roles: [
          {
            entityType: 'ORGANIZATION',
            entityId: rehearsed.tenant.organizationId,
            role: 'ORGANIZATION_OWNER',
          },
        ],
      }),
  ],
  RotateApiToken: ['UPDATE API_TOKEN', apiToken, (id) => ask('post', `/tokens/${id}/rotate`)],
  DeleteApiToken: ['DELETE API_TOKEN', apiToken, (id) => ask('delete', `/tokens/${id}`)],
  CreateCustomRole: ['CREATE ROLE', role],
  UpdateCustomRole: ['UPDATE ROLE', role, (id) => ask('post', `/roles/${id}`, named({ permissions }))],
  DeleteCustomRole: ['DELETE ROLE', role, (id) => ask('delete', `/roles/${id}`)],
  CreateWorkspace: ['CREATE WORKSPACE', workspace],
  UpdateWorkspace: [
    'UPDATE WORKSPACE',
    workspace,
    (id) => ask('post', `/workspaces/${id}`, named({ description: '', cicdEnforcedDefault: true })),
  ],
  DeleteWorkspace: ['DELETE WORKSPACE', workspace, (id) => ask('delete', `/workspaces/${id}`)],
  CreateDeployment: ['CREATE DEPLOYMENT', () => rehearsed.create(`told ${++count}`, { TOKEN: SECRET })],
  UpdateDeployment: [
    'UPDATE DEPLOYMENT',
    deployment,
    (id) =>
      rehearsed.update(id, {
        description: `changed ${++count}`,
        contactEmails: ['ada@example.com'],
        isHighAvailability: true,
        environmentVariables: [
          { key: 'SHOWN', value: 'to all', isSecret: false },
          { key: 'TOKEN', value: SECRET, isSecret: true },
        ],
      }),
  ],
  DeleteDeployment: [
    'DELETE DEPLOYMENT',
    async () => {
      const id = await rehearsed.create(`deleted ${++count}`, { TOKEN: SECRET });
      await rehearsed.settled(id);
      return id;
    },
    (id) => rehearsed.remove(id),
  ],
  RollBackRevision: [
    'UPDATE DEPLOYMENT',
    deployment,
    async (id) => {
      const path = `${rehearsed.alpha(id)}/revisions/1/rollback`;
      expect((await rehearsed.tenant.client.post(path, {})).status).toBe(200);
      await rehearsed.settled(id);
    },
  ],
  CreateDeploy: ['CREATE DEPLOY', deploy],
  UpdateDeploy: [
    'UPDATE DEPLOY',
    deploy,
    (id) => ask('post', ofDeployment(`/deploys/${id}`), { description: 'hotfix' }),
  ],
  FinalizeDeploy: ['UPDATE DEPLOY', uploaded, finalize],
  DeployRollback: [
    'CREATE DEPLOY',
    async () => {
      const first = await delivered();
      await delivered();
      return await make(ofDeployment(`/deploys/${first}/rollback`), {});
    },
  ],
};

const changing = routes.filter(
  ({ method, path }) => method !== 'GET' && path.includes('/organizations/{organizationId}'),
);

/** Reads what it has to be there. */
const read: Read = async (path, version = 'v1') => {
  const { client, organizationId } = rehearsed.tenant;
  const { status, body } = await client.get(`/${version}/organizations/${organizationId}${path}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

async function shown(resourceType: string, id: string): Promise<Fields> {
  if (resourceType === 'DEPLOY') return await shownDeploy(read, deploymentId, id);
  return (await shownBy[resourceType]?.(read, id)) ?? {};
}

test.each(changing.map(({ operation }) => operation))(
  '%s is told of, with all that it changed',
  async (operation) => {
    const [told = '', make, change] = asked[operation] ?? [];
    if (make === undefined) throw new Error(`It is not said how ${operation} is asked`);
    const [action, resourceType = ''] = told.split(' ');
    let began = new Date().toISOString();
    const resourceId = await make();
    const before = action === 'CREATE' ? {} : await shown(resourceType, resourceId);
    if (change !== undefined) {
      began = new Date().toISOString();
      await change(resourceId);
    }
    const after = action === 'DELETE' ? {} : await shown(resourceType, resourceId);
    const subjectId = operation === 'ChangeProductPlan' ? 'operator' : rehearsed.tenant.userId;
    const isIt = (entry: Line) =>
      toldBy(entry) === told && entry.resourceId === resourceId && entry.subjectId === subjectId;
    let since: Line[] = [];
    await until(
      async () => {
        since = (await rehearsed.auditLogs()).filter(({ timestamp }) => timestamp >= began);
        return since.some(isIt);
      },
      { seconds: 30, what: () => `${told} ${resourceId} to be told of; there is ${JSON.stringify(since)}` },
    );
    const { before: was = {}, after: is = {} } = since.find(isIt) ?? {};
    const changed = differences(before, after);
    expect(Object.keys({ ...changed.before, ...changed.after })).not.toEqual([]);
    expect({ before: withVersion(was), after: withVersion(is) }).toEqual(changed);
    expect(JSON.stringify([was, is])).not.toContain(SECRET);
  },
);
