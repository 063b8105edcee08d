import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../functions/api/table.ts';
import { type Line, toldBy } from '../../support/audit-lines.ts';
import { createClient } from '../../support/client.ts';
import { linkTo } from '../../support/mail.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

/**
 * Every route below an organization that changes something leaves an entry in its audit log, with who asked. Each is
 * asked for something whole; a new route has no place here until it is told how.
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
const named = (more: object = {}) => ({ name: `Thing ${++count}`, ...more });

const workspace = () => make('/workspaces', named());
const team = () => make('/teams', named());
const apiToken = () => make('/tokens', named({ scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' }));
const permissions = ['deployment.get'];
const role = () => make('/roles', named({ scopeType: 'DEPLOYMENT', permissions }));
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

/** A deploy that has been carried out. */
async function delivered(): Promise<string> {
  const { body } = await rehearsed.deliver(deploymentId, `print(${++count})`);
  await rehearsed.settled(deploymentId);
  return Made.parse(body).id;
}

/** Makes something, and changes it; answers its id. */
function on(make: () => Promise<string>, change: (id: string) => Promise<unknown>): () => Promise<string> {
  return async () => {
    const id = await make();
    await change(id);
    return id;
  };
}

/** What the audit log tells of each route, and how it is asked; what is done answers the id of what it changed. */
const asked: Record<string, readonly [told: string, () => Promise<string>]> = {
  UpdateOrganization: [
    'UPDATE ORGANIZATION',
    on(organization, () =>
      ask('post', '', named({ billingEmail: 'billing@example.com', isScimEnabled: false })),
    ),
  ],
  ChangeProductPlan: [
    'UPDATE ORGANIZATION',
    on(organization, async () => {
      await rehearsed.setPlan('BUSINESS');
      await rehearsed.setPlan('TEAM');
    }),
  ],
  UpdateUserRoles: ['UPDATE USER', on(member, (id) => ask('post', `/users/${id}/roles`, owner))],
  CreateTeam: ['CREATE TEAM', team],
  UpdateTeam: ['UPDATE TEAM', on(team, (id) => ask('post', `/teams/${id}`, named()))],
  DeleteTeam: ['DELETE TEAM', on(team, (id) => ask('delete', `/teams/${id}`))],
  UpdateTeamRoles: ['UPDATE TEAM', on(team, (id) => ask('post', `/teams/${id}/roles`, owner))],
  AddTeamMembers: [
    'UPDATE USER',
    on(member, async (id) => await ask('post', `/teams/${await team()}/members`, { memberIds: [id] })),
  ],
  RemoveTeamMember: ['UPDATE USER', on(member, (id) => ask('delete', `/teams/${teamId}/members/${id}`))],
  CreateUserInvite: ['CREATE INVITE', () => invite()],
  DeleteUserInvite: ['DELETE INVITE', on(invite, (id) => ask('delete', `/invites/${id}`))],
  CreateApiToken: ['CREATE API_TOKEN', apiToken],
  UpdateApiToken: ['UPDATE API_TOKEN', on(apiToken, (id) => ask('post', `/tokens/${id}`, named()))],
  UpdateApiTokenRoles: [
    'UPDATE API_TOKEN',
    on(apiToken, (id) =>
      ask('post', `/tokens/${id}/roles`, {
        roles: [
          {
            entityType: 'ORGANIZATION',
            entityId: rehearsed.tenant.organizationId,
            role: 'ORGANIZATION_OWNER',
          },
        ],
      }),
    ),
  ],
  RotateApiToken: ['UPDATE API_TOKEN', on(apiToken, (id) => ask('post', `/tokens/${id}/rotate`))],
  DeleteApiToken: ['DELETE API_TOKEN', on(apiToken, (id) => ask('delete', `/tokens/${id}`))],
  CreateCustomRole: ['CREATE ROLE', role],
  UpdateCustomRole: ['UPDATE ROLE', on(role, (id) => ask('post', `/roles/${id}`, named({ permissions })))],
  DeleteCustomRole: ['DELETE ROLE', on(role, (id) => ask('delete', `/roles/${id}`))],
  CreateWorkspace: ['CREATE WORKSPACE', workspace],
  UpdateWorkspace: [
    'UPDATE WORKSPACE',
    on(workspace, (id) =>
      ask('post', `/workspaces/${id}`, named({ description: '', cicdEnforcedDefault: true })),
    ),
  ],
  DeleteWorkspace: ['DELETE WORKSPACE', on(workspace, (id) => ask('delete', `/workspaces/${id}`))],
  CreateDeployment: ['CREATE DEPLOYMENT', () => rehearsed.create(`told ${++count}`)],
  UpdateDeployment: [
    'UPDATE DEPLOYMENT',
    on(deployment, (id) => rehearsed.update(id, { description: `changed ${++count}` })),
  ],
  DeleteDeployment: [
    'DELETE DEPLOYMENT',
    on(
      () => rehearsed.create(`deleted ${++count}`),
      async (id) => {
        await rehearsed.settled(id);
        await rehearsed.remove(id);
      },
    ),
  ],
  RollBackRevision: [
    'UPDATE DEPLOYMENT',
    on(deployment, async (id) => {
      const path = `${rehearsed.alpha(id)}/revisions/1/rollback`;
      expect((await rehearsed.tenant.client.post(path, {})).status).toBe(200);
      await rehearsed.settled(id);
    }),
  ],
  CreateDeploy: ['CREATE DEPLOY', deploy],
  UpdateDeploy: [
    'UPDATE DEPLOY',
    on(deploy, (id) => ask('post', ofDeployment(`/deploys/${id}`), { description: 'hotfix' })),
  ],
  FinalizeDeploy: ['UPDATE DEPLOY', delivered],
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

test.each(changing.map(({ operation }) => operation))('%s is told of', async (operation) => {
  const [told, does] = asked[operation] ?? [];
  if (does === undefined) throw new Error(`It is not said how ${operation} is asked`);
  const before = new Set((await rehearsed.auditLogs()).map(({ id }) => id));
  const resourceId = await does();
  const subjectId = operation === 'ChangeProductPlan' ? 'operator' : rehearsed.tenant.userId;
  const since = async () => (await rehearsed.auditLogs()).filter(({ id }) => !before.has(id));
  const isIt = (entry: Line) =>
    toldBy(entry) === told && entry.resourceId === resourceId && entry.subjectId === subjectId;
  let last: Line[] = [];
  await until(
    async () => {
      last = await since();
      return last.some(isIt);
    },
    { seconds: 30, what: () => `${told} ${resourceId} to be told of; there is ${JSON.stringify(last)}` },
  );
});
