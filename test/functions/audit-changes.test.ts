import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { join, setPlan, signUp } from '../support/account.ts';
import { auditing } from '../support/audit.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

const { auditLogs, call, publish } = auditing(() => plane);

test('an API token is told of as it is made, renamed, given other roles and rotated, and its text never', async () => {
  const account = await signUp(plane, 'Tokens');
  const scope = { scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' };
  const Token = z.object({ id: z.string(), token: z.string() });
  const { id, token } = Token.parse((await call(account, 'POST', '/tokens', { name: 'CI', ...scope })).body);
  await call(account, 'POST', `/tokens/${id}`, { name: 'CD', description: 'nightly' });
  const roles = [
    { entityType: 'ORGANIZATION', entityId: account.organization.id, role: 'ORGANIZATION_OWNER' },
  ];
  await call(account, 'POST', `/tokens/${id}/roles`, { roles });
  const rotated = Token.parse((await call(account, 'POST', `/tokens/${id}/rotate`)).body);
  await publish();
  const entries = (await auditLogs(account)).filter(({ resourceId }) => resourceId === id);
  const [member, owner] = ['ORGANIZATION_MEMBER', 'ORGANIZATION_OWNER'].map((organization) => ({
    roles: { organization },
  }));
  const update = { action: 'UPDATE', resourceType: 'API_TOKEN', subjectId: account.user.id };
  expect(entries).toMatchObject([
    { action: 'CREATE', before: {}, after: { name: 'CI', scope: 'ORGANIZATION', ...member } },
    { ...update, before: { name: 'CI' }, after: { name: 'CD', description: 'nightly' } },
    { ...update, before: member, after: owner },
    { ...update, after: { lastRotatedAt: expect.any(String) } },
  ]);
  const text = JSON.stringify(entries);
  for (const secret of [token, rotated.token]) expect(text).not.toContain(secret.split('.').at(-1));
});

test("the organization's name, and the roles that a member is given, are told of before and after", async () => {
  const account = await signUp(plane, 'Before');
  const guest = await join(plane, account);
  const renamed = { name: 'After', billingEmail: 'billing@example.com', isScimEnabled: false };
  const answer = await plane.call('POST', account.path, renamed, { token: account.token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const workspaceRoles = [{ workspaceId: account.workspace.id, role: 'WORKSPACE_AUTHOR' }];
  const roles = { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles };
  expect((await call(account, 'POST', `/users/${guest.user.id}/roles`, roles)).status).toBe(200);
  await publish();
  const entries = (await auditLogs(account)).filter(({ action }) => action === 'UPDATE');
  expect(entries).toMatchObject([
    {
      resourceType: 'ORGANIZATION',
      subjectId: account.user.id,
      before: { name: 'Before' },
      after: { name: 'After', billingEmail: 'billing@example.com' },
    },
    {
      resourceType: 'USER',
      resourceId: guest.user.id,
      subjectId: account.user.id,
      before: { roles: { workspaces: {} } },
      after: { roles: { workspaces: { [account.workspace.id]: 'WORKSPACE_AUTHOR' } } },
    },
  ]);
});

test('a secret variable that changes, and a deploy, are told of, and the values never', async () => {
  const account = await signUp(plane, 'Values');
  await setPlan(plane, account, 'TEAM');
  const secret = (value: string) => [{ key: 'PASSWORD', value, isSecret: true }];
  const request = { name: 'secretive', workspaceId: account.workspace.id };
  const Made = z.object({ id: z.string() });
  const made = { ...request, environmentVariables: secret('marker-of-old') };
  const { id } = Made.parse((await call(account, 'POST', '/deployments', made)).body);
  const changed = { environmentVariables: secret('marker-of-new') };
  expect((await call(account, 'POST', `/deployments/${id}`, changed)).status).toBe(200);
  const deploys = `/deployments/${id}/deploys`;
  const deploy = Made.parse((await call(account, 'POST', deploys, { type: 'DAG_ONLY' })).body);
  await call(account, 'POST', `${deploys}/${deploy.id}`, { description: 'hotfix' });
  await publish();
  const entries = await auditLogs(account);
  const actor = { subjectId: account.user.id };
  expect(entries.filter(({ resourceId }) => resourceId === id)).toMatchObject([
    { action: 'CREATE' },
    {
      action: 'UPDATE',
      ...actor,
      before: { environmentVariables: [{ key: 'PASSWORD' }] },
      after: { environmentVariables: [{ key: 'PASSWORD' }] },
    },
  ]);
  expect(entries.filter(({ resourceId }) => resourceId === deploy.id)).toMatchObject([
    { action: 'CREATE', resourceType: 'DEPLOY', ...actor, after: { deploymentId: id, type: 'DAG_ONLY' } },
    { action: 'UPDATE', ...actor, after: { description: 'hotfix' } },
  ]);
  expect(JSON.stringify(entries)).not.toContain('marker-of');
});
