import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../functions/api/table.ts';
import { type Line, toldBy } from '../../support/audit-lines.ts';
import { createClient } from '../../support/client.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

/**
 * Every route that changes something of an organization leaves an entry in its audit log, with who asked. Each is asked
 * for something whole; a new route has no place here until it is told how.
 */
let cloud: Rehearsal;
let rehearsed: Rehearsed;
let deploymentId: string;
/** The member whom an owner changes. */
let memberId: string;

beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  deploymentId = await rehearsed.create('told');
  await rehearsed.settled(deploymentId);
  memberId = await joined('member@example.com');
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
const member = { organizationRole: 'ORGANIZATION_OWNER' };

async function invite(inviteeEmail = `guest-${++count}@example.com`): Promise<string> {
  const body = await ask('post', '/invites', { inviteeEmail, role: 'ORGANIZATION_MEMBER' });
  return z.object({ inviteId: z.string() }).parse(body).inviteId;
}

/** Has somebody join by the link of an invite's mail; answers the user's id. */
async function joined(email: string): Promise<string> {
  await invite(email);
  const client = createClient(cloud.url);
  const Mails = z.object({ messages: z.array(z.object({ text: z.string() })) });
  let link: string | undefined;
  await until(
    async () => {
      const { messages } = Mails.parse(
        (await client.get(`/_local/mail?to=${encodeURIComponent(email)}`)).body,
      );
      [link] = /http\S+/.exec(messages.at(-1)?.text ?? '') ?? [];
      return link !== undefined;
    },
    { seconds: 70, what: () => `a mail to ${email}` },
  );
  const token = new URL(link ?? '').searchParams.get('token');
  const accepted = await client.post('/v1alpha1/invites/accept', {
    token,
    fullName: 'Grace Breeze',
    password: 'correct horse',
  });
  return z.object({ user: Made }).parse(accepted.body).user.id;
}

const ofDeployment = (path = '') => `/deployments/${deploymentId}${path}`;
const deploy = () => make(ofDeployment('/deploys'), { type: 'DAG_ONLY' });

/** A deploy that has been carried out. */
async function delivered(): Promise<string> {
  const { body } = await rehearsed.deliver(deploymentId, `print(${++count})`);
  await rehearsed.settled(deploymentId);
  return Made.parse(body).id;
}

/** What the audit log tells of each route, and how it is asked; what is done answers the id of what it changed. */
const asked: Record<string, readonly [told: string, () => Promise<string>]> = {
  UpdateOrganization: [
    'UPDATE ORGANIZATION',
    async () => {
      const { id } = Made.parse(
        await ask('post', '', named({ billingEmail: 'billing@example.com', isScimEnabled: false })),
      );
      return id;
    },
  ],
  ChangeProductPlan: [
    'UPDATE ORGANIZATION',
    async () => {
      await rehearsed.setPlan('BUSINESS');
      await rehearsed.setPlan('TEAM');
      return rehearsed.tenant.organizationId;
    },
  ],
  UpdateUserRoles: [
    'UPDATE USER',
    async () => {
      await ask('post', `/users/${memberId}/roles`, member);
      return memberId;
    },
  ],
  CreateTeam: ['CREATE TEAM', team],
  UpdateTeam: [
    'UPDATE TEAM',
    async () => await changed(await team(), (id) => ask('post', `/teams/${id}`, named())),
  ],
  DeleteTeam: ['DELETE TEAM', async () => await changed(await team(), (id) => ask('delete', `/teams/${id}`))],
  UpdateTeamRoles: [
    'UPDATE TEAM',
    async () => await changed(await team(), (id) => ask('post', `/teams/${id}/roles`, member)),
  ],
  AddTeamMembers: [
    'UPDATE USER',
    async () => {
      await ask('post', `/teams/${await team()}/members`, { memberIds: [memberId] });
      return memberId;
    },
  ],
  RemoveTeamMember: [
    'UPDATE USER',
    async () => {
      const id = await make('/teams', named({ memberIds: [memberId] }));
      await ask('delete', `/teams/${id}/members/${memberId}`);
      return memberId;
    },
  ],
  CreateUserInvite: ['CREATE INVITE', () => invite()],
  DeleteUserInvite: [
    'DELETE INVITE',
    async () => await changed(await invite(), (id) => ask('delete', `/invites/${id}`)),
  ],
  CreateApiToken: ['CREATE API_TOKEN', apiToken],
  UpdateApiToken: [
    'UPDATE API_TOKEN',
    async () => await changed(await apiToken(), (id) => ask('post', `/tokens/${id}`, named())),
  ],
  UpdateApiTokenRoles: [
    'UPDATE API_TOKEN',
    async () =>
      await changed(await apiToken(), (id) =>
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
  RotateApiToken: [
    'UPDATE API_TOKEN',
    async () => await changed(await apiToken(), (id) => ask('post', `/tokens/${id}/rotate`)),
  ],
  DeleteApiToken: [
    'DELETE API_TOKEN',
    async () => await changed(await apiToken(), (id) => ask('delete', `/tokens/${id}`)),
  ],
  CreateCustomRole: ['CREATE ROLE', role],
  UpdateCustomRole: [
    'UPDATE ROLE',
    async () => await changed(await role(), (id) => ask('post', `/roles/${id}`, named({ permissions }))),
  ],
  DeleteCustomRole: [
    'DELETE ROLE',
    async () => await changed(await role(), (id) => ask('delete', `/roles/${id}`)),
  ],
  CreateWorkspace: ['CREATE WORKSPACE', workspace],
  UpdateWorkspace: [
    'UPDATE WORKSPACE',
    async () =>
      await changed(await workspace(), (id) =>
        ask('post', `/workspaces/${id}`, named({ description: '', cicdEnforcedDefault: true })),
      ),
  ],
  DeleteWorkspace: [
    'DELETE WORKSPACE',
    async () => await changed(await workspace(), (id) => ask('delete', `/workspaces/${id}`)),
  ],
  CreateDeployment: ['CREATE DEPLOYMENT', () => rehearsed.create(`told ${++count}`)],
  UpdateDeployment: [
    'UPDATE DEPLOYMENT',
    async () => {
      await rehearsed.update(deploymentId, { description: `changed ${++count}` });
      return deploymentId;
    },
  ],
  DeleteDeployment: [
    'DELETE DEPLOYMENT',
    async () => {
      const id = await rehearsed.create(`deleted ${++count}`);
      await rehearsed.settled(id);
      await rehearsed.remove(id);
      return id;
    },
  ],
  RollBackRevision: [
    'UPDATE DEPLOYMENT',
    async () => {
      const { runningRevision } = await rehearsed.get(deploymentId);
      await rehearsed.update(deploymentId, { schedulerSize: 'MEDIUM' });
      await rehearsed.settled(deploymentId);
      const path = `${rehearsed.alpha(deploymentId)}/revisions/${runningRevision}/rollback`;
      expect((await rehearsed.tenant.client.post(path, {})).status).toBe(200);
      await rehearsed.settled(deploymentId);
      return deploymentId;
    },
  ],
  CreateDeploy: ['CREATE DEPLOY', deploy],
  UpdateDeploy: [
    'UPDATE DEPLOY',
    async () =>
      await changed(await deploy(), (id) =>
        ask('post', ofDeployment(`/deploys/${id}`), { description: 'hotfix' }),
      ),
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

async function changed(id: string, change: (id: string) => Promise<unknown>): Promise<string> {
  await change(id);
  return id;
}

const changing = routes.filter(
  ({ method, path, access }) =>
    method !== 'GET' && path.includes('/organizations/{organizationId}') && access.kind !== 'signed-url',
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
