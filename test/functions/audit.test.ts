import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { updated } from '../../core/store/attributes.ts';
import { type Account, join, setPlan, signUp } from '../support/account.ts';
import { auditing } from '../support/audit.ts';
import { type Line, linesOf, told } from '../support/audit-lines.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { PATIENCE } from '../support/patience.ts';

const DAY = 86_400;
vi.setConfig({ testTimeout: 80_000 * PATIENCE });

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  // Midday, so that no test is at two dates.
  plane.advanceClock(1.5 * DAY - (Math.floor(plane.now().getTime() / 1000) % DAY));
});
afterAll(() => plane.stop());

const { auditLogs, call, publish } = auditing(() => plane);

test('every change of an organization is told of: who, when, and what it changed', async () => {
  const account = await signUp(plane, 'Gale');
  await setPlan(plane, account, 'TEAM');
  const { body } = await call(account, 'POST', '/workspaces', { name: 'Models' });
  const { id } = z.object({ id: z.string() }).parse(body);
  await call(account, 'POST', `/workspaces/${id}`, {
    name: 'Storms',
    description: '',
    cicdEnforcedDefault: true,
  });
  await call(account, 'DELETE', `/workspaces/${id}`);
  await publish();
  const entries = await auditLogs(account);
  expect(entries.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(entries);
  expect(told(entries)).toEqual([
    'CREATE ORGANIZATION',
    'CREATE USER',
    'CREATE WORKSPACE',
    'CREATE WORKSPACE',
    'DELETE WORKSPACE',
    'UPDATE ORGANIZATION',
    'UPDATE WORKSPACE',
  ]);
  const ofWorkspace = entries.filter(({ resourceId }) => resourceId === id);
  expect(ofWorkspace).toMatchObject([
    { action: 'CREATE', subjectId: account.user.id, before: {}, after: { name: 'Models' } },
    {
      action: 'UPDATE',
      subjectId: account.user.id,
      before: { name: 'Models', cicdEnforcedDefault: false },
      after: { name: 'Storms', cicdEnforcedDefault: true },
    },
    { action: 'DELETE', subjectId: account.user.id, before: { name: 'Storms' }, after: {} },
  ]);
  expect(
    entries.find(({ action, resourceType }) => `${action} ${resourceType}` === 'UPDATE ORGANIZATION'),
  ).toMatchObject({
    subjectId: 'operator',
    before: { productPlan: 'TRIAL' },
    after: { productPlan: 'TEAM' },
  });
});

test("a role of the organization's own is told of with what it permits", async () => {
  const account = await signUp(plane, 'Roles');
  const role = { name: 'Reader', permissions: ['deployment.get', 'log.get'] };
  const { body } = await call(account, 'POST', '/roles', { ...role, scopeType: 'DEPLOYMENT' });
  const { id } = z.object({ id: z.string() }).parse(body);
  await call(account, 'POST', `/roles/${id}`, { ...role, permissions: ['deployment.get'] });
  await call(account, 'DELETE', `/roles/${id}`);
  await publish();
  const entries = (await auditLogs(account)).filter(({ resourceId }) => resourceId === id);
  expect(told(entries)).toEqual(['CREATE ROLE', 'DELETE ROLE', 'UPDATE ROLE']);
  expect(entries[1]).toMatchObject({
    subjectId: account.user.id,
    before: { permissions: role.permissions },
    after: { permissions: ['deployment.get'] },
  });
});

test('records that come twice, late, in another order or again after days leave the same log', async () => {
  const account = await signUp(plane, 'Again');
  await setPlan(plane, account, 'TEAM');
  for (const name of ['a', 'b']) await call(account, 'POST', '/workspaces', { name });
  await publish((records) => records.slice(0, records.length / 2));
  await publish();
  const once = await auditLogs(account);
  expect(once).toHaveLength(6);
  await publish((records) => records.toReversed());
  await publish((records) => [...records, ...records]);
  expect(await auditLogs(account)).toEqual(once);
});

test('nothing secret is told', async () => {
  const account = await signUp(plane, 'Secret');
  await setPlan(plane, account, 'TEAM');
  const workspaceId = account.workspace.id;
  const environmentVariables = [
    { key: 'PASSWORD', value: 'marker-of-a-secret', isSecret: true },
    { key: 'COLOUR', value: 'grey', isSecret: false },
  ];
  const { body } = await call(account, 'POST', '/deployments', {
    name: 'nightly',
    workspaceId,
    environmentVariables,
  });
  const { id } = z.object({ id: z.string() }).parse(body);
  expect((await call(account, 'DELETE', `/deployments/${id}`)).status).toBe(204);
  await publish();
  const ofDeployment = (await auditLogs(account)).filter(({ resourceId }) => resourceId === id);
  expect(ofDeployment).toMatchObject([
    {
      action: 'CREATE',
      after: {
        name: 'nightly',
        environmentVariables: [{ key: 'PASSWORD' }, { key: 'COLOUR', value: 'grey' }],
      },
    },
    { action: 'DELETE', before: { name: 'nightly' }, after: {} },
  ]);
  const text = JSON.stringify(await auditLogs(account));
  for (const secret of ['marker-of-a-secret', 'correct horse', account.token, '$scrypt', 'arn:']) {
    expect(text).not.toContain(secret);
  }
});

test('what is deleted is told of with who deleted it: invites, API tokens, members', async () => {
  const account = await signUp(plane, 'Deletes');
  const id = (body: unknown) => z.object({ id: z.string() }).parse(body).id;
  const invited = await call(account, 'POST', '/invites', {
    inviteeEmail: 'guest@example.com',
    role: 'ORGANIZATION_MEMBER',
  });
  const { inviteId } = z.object({ inviteId: z.string() }).parse(invited.body);
  expect((await call(account, 'DELETE', `/invites/${inviteId}`)).status).toBe(204);
  const made = await call(account, 'POST', '/tokens', {
    name: 'CI',
    scope: 'ORGANIZATION',
    role: 'ORGANIZATION_MEMBER',
  });
  expect((await call(account, 'DELETE', `/tokens/${id(made.body)}`)).status).toBe(204);
  const guest = await join(plane, account);
  const removed = await call(account, 'POST', `/users/${guest.user.id}/roles`, {});
  expect(removed.status, JSON.stringify(removed.body)).toBe(200);
  await publish();
  const deletions = (await auditLogs(account)).filter(({ action }) => action === 'DELETE');
  expect(deletions).toMatchObject([
    { resourceType: 'INVITE', resourceId: inviteId, before: { email: 'guest@example.com' } },
    { resourceType: 'API_TOKEN', resourceId: id(made.body), before: { name: 'CI' } },
    { resourceType: 'USER', before: { roles: { organization: 'ORGANIZATION_MEMBER' } } },
  ]);
  expect(deletions.map(({ resourceId }) => resourceId)).toEqual([inviteId, id(made.body), guest.user.id]);
  expect(deletions.every(({ subjectId }) => subjectId === account.user.id)).toBe(true);
  expect(JSON.stringify(await auditLogs(account))).not.toMatch(/hash|shortToken/);
});

test('an invite is told of as deleted by who took it back or replaced it, and not when it is accepted or expires', async () => {
  const account = await signUp(plane, 'Invites');
  const guest = await join(plane, account);
  const invited = [];
  for (const role of ['ORGANIZATION_MEMBER', 'ORGANIZATION_OWNER']) {
    const { body } = await call(account, 'POST', '/invites', { inviteeEmail: 'late@example.com', role });
    invited.push(z.object({ inviteId: z.string() }).parse(body).inviteId);
  }
  plane.advanceClock(8 * DAY);
  await plane.tick();
  await publish();
  plane.advanceClock(-8 * DAY);
  const { store } = plane.services;
  const left = await store(account.organization.id)
    .entities.invite.query.primary({ organizationId: account.organization.id })
    .go();
  expect(left.data).toEqual([]);
  const entries = await auditLogs(
    account,
    `?endDate=${new Date(plane.now().getTime() + 1000).toISOString()}`,
  );
  expect(entries.filter(({ action }) => action === 'DELETE')).toMatchObject([
    { resourceType: 'INVITE', resourceId: invited[0], subjectId: account.user.id },
  ]);
  expect(entries.filter(({ resourceId }) => resourceId === guest.user.id)).toMatchObject([
    { action: 'CREATE', resourceType: 'USER', subjectId: guest.user.id },
  ]);
});

test('a team is told of, and who joins it and leaves it', async () => {
  const account = await signUp(plane, 'Teams');
  const guest = await join(plane, account);
  const made = await call(account, 'POST', '/teams', { name: 'Storms', memberIds: [guest.user.id] });
  const { id } = z.object({ id: z.string() }).parse(made.body);
  await call(account, 'POST', `/teams/${id}/roles`, { organizationRole: 'ORGANIZATION_OWNER' });
  await call(account, 'DELETE', `/teams/${id}/members/${guest.user.id}`);
  expect((await call(account, 'DELETE', `/teams/${id}`)).status).toBe(204);
  await publish();
  const entries = await auditLogs(account);
  const [member, owner] = ['ORGANIZATION_MEMBER', 'ORGANIZATION_OWNER'].map((organization) => ({
    organization,
  }));
  expect(entries.filter(({ resourceId }) => resourceId === id)).toMatchObject([
    { action: 'CREATE', resourceType: 'TEAM', after: { name: 'Storms', roles: member } },
    { action: 'UPDATE', before: { roles: member }, after: { roles: owner } },
    { action: 'DELETE', subjectId: account.user.id, before: { name: 'Storms', roles: owner } },
  ]);
  expect(entries.filter(({ resourceId }) => resourceId === guest.user.id)).toMatchObject([
    { action: 'CREATE' },
    {
      action: 'UPDATE',
      subjectId: account.user.id,
      before: {},
      after: { teams: { [id]: expect.any(String) } },
    },
    { action: 'UPDATE', before: { teams: { [id]: expect.any(String) } }, after: { teams: {} } },
  ]);
});

test('a span is asked for by time, and page by page', async () => {
  const account = await signUp(plane, 'Span');
  await publish();
  const all = await auditLogs(account);
  const later = new Date(plane.now().getTime() + 1000).toISOString();
  expect(await auditLogs(account, `?startDate=${later}`)).toEqual([]);
  expect(await auditLogs(account, `?endDate=${all[0]?.timestamp}`)).toEqual([]);
  expect(await auditLogs(account, `?startDate=${all[0]?.timestamp}`)).toEqual(all);
  const first = await auditLogs(account, '?limit=2');
  const second = await auditLogs(account, `?limit=2&after=${encodeURIComponent(first[1]?.id ?? '')}`);
  expect([...first, ...second]).toEqual(all);
  const wrong = await call(account, 'GET', '/audit-logs?startDate=yesterday');
  expect(wrong).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'startDate' }] } });
});

test('entries are kept for 90 days, and then none of them is left', async () => {
  const account = await signUp(plane, 'Kept');
  await publish();
  const organizationId = account.organization.id;
  const { auditEntry, auditDay } = plane.services.store(organizationId).entities;
  const kept = async () => {
    const entries = await auditEntry.query.primary({ organizationId }).go();
    const days = await auditDay.query.primary({ organizationId }).go();
    return [entries.data.length, days.data.length];
  };
  plane.advanceClock(90 * DAY);
  await plane.tick();
  expect(await kept()).toEqual([3, 1]);
  plane.advanceClock(DAY);
  await plane.tick();
  expect(await kept()).toEqual([0, 0]);
  plane.advanceClock(-91 * DAY);
});

/** The entries, once events have brought this one. */
async function untilTold(account: Account, entry: string): Promise<Line[]> {
  return await vi.waitFor(async () => {
    const entries = await auditLogs(account);
    expect(told(entries)).toContain(entry);
    return entries;
  }, 50_000 * PATIENCE);
}

test('with events an entry is there within moments', async () => {
  plane.startEvents();
  const account = await signUp(plane, 'Events');
  await setPlan(plane, account, 'TEAM');
  await untilTold(account, 'UPDATE ORGANIZATION');
});

test('a change that is too large for an entry is told of without its fields, and holds none up behind it', async () => {
  const account = await signUp(plane, 'Large');
  const organizationId = account.organization.id;
  const workspaceId = account.workspace.id;
  const { workspace } = plane.services.store(organizationId).entities;
  for (const [version, letter] of ['a', 'b'].entries()) {
    const actor = { type: 'system' as const, name: 'test' };
    const scope = { now: plane.now(), requestId: `large-${version}`, actor };
    const change = { description: letter.repeat(250_000), ...updated(scope, version + 1) };
    await workspace.patch({ organizationId, workspaceId }).set(change).go();
  }
  await setPlan(plane, account, 'TEAM');
  await untilTold(account, 'UPDATE ORGANIZATION');
  await vi.waitFor(async () => {
    const entries = await auditLogs(account);
    const large = entries.filter(
      ({ resourceId, action }) => resourceId === workspaceId && action === 'UPDATE',
    );
    expect(large).toMatchObject([
      { after: { description: 'a'.repeat(250_000) } },
      { subjectId: 'test', before: {}, after: {} },
    ]);
  }, 10_000 * PATIENCE);
});

test('an entry has room for all that a deployment may be given', async () => {
  const account = await signUp(plane, 'Full');
  await setPlan(plane, account, 'TEAM');
  const full = (letter: string) => ({
    description: '\u{FFFD}'.repeat(1000),
    contactEmails: Array.from({ length: 100 }, (_, n) =>
      `${letter}${n}`.padEnd(60, 'x').concat(`@${'y'.repeat(60)}.${'y'.repeat(60)}.${'y'.repeat(60)}.com`),
    ),
    environmentVariables: Array.from({ length: 1000 }, (_, n) => ({
      key: `${letter}${n}`,
      value: letter.repeat(53),
      isSecret: false,
    })),
  });
  const request = { name: 'full', workspaceId: account.workspace.id, ...full('A') };
  const { status, body } = await call(account, 'POST', '/deployments', request);
  expect(status, JSON.stringify(body)).toBe(200);
  const { id } = z.object({ id: z.string() }).parse(body);
  expect((await call(account, 'POST', `/deployments/${id}`, full('B'))).status).toBe(200);
  const entries = await untilTold(account, 'UPDATE DEPLOYMENT');
  const ofDeployment = entries.filter(({ resourceId }) => resourceId === id);
  expect(ofDeployment).toMatchObject([
    { after: { environmentVariables: { length: 1000 } } },
    { before: { environmentVariables: { length: 1000 } }, after: { environmentVariables: { length: 1000 } } },
  ]);
});

test('an item that no entry can be made of holds none up behind it', async () => {
  const account = await signUp(plane, 'Unreadable');
  const { database, environment } = plane.services;
  const Item = {
    pk: 'poison',
    sk: 'poison',
    __edb_e__: 'workspace',
    requestId: 'poison',
    updatedBy: 'nobody',
  };
  await database.send(new PutCommand({ TableName: environment.TABLE_NAME, Item }));
  await setPlan(plane, account, 'TEAM');
  await untilTold(account, 'UPDATE ORGANIZATION');
});

test('an answer has no more than a function can say, and the next one goes on after it', async () => {
  const account = await signUp(plane, 'Long');
  const organizationId = account.organization.id;
  const { auditEntry } = plane.services.store(organizationId).entities;
  const timestamp = plane.now().toISOString();
  const ids = Array.from(
    { length: 20 },
    (_, n) => `${timestamp}/DEPLOYMENT/c${String(n).padStart(2, '0')}/2`,
  );
  for (const entryId of ids) {
    const subject = { id: 'test', subjectType: 'SERVICEKEY' as const };
    const what = { action: 'UPDATE' as const, resourceType: 'DEPLOYMENT', resourceId: entryId, before: {} };
    const after = { description: '"'.repeat(300_000) };
    await auditEntry.put({ organizationId, entryId, timestamp, subject, ...what, after }).go();
  }
  const from = `startDate=${timestamp}`;
  const later = `endDate=${new Date(plane.now().getTime() + 1000).toISOString()}`;
  const whole = await call(account, 'GET', `/audit-logs?${from}&${later}`);
  expect(whole.status).toBe(400);
  expect(whole.body).toMatchObject({ fieldErrors: [{ field: 'startDate', code: 'too_big' }] });
  const found: string[] = [];
  let pages = 0;
  for (let query: string | undefined = `?${from}&${later}&limit=15`; query !== undefined; pages += 1) {
    const { status, body, headers } = await call(account, 'GET', `/audit-logs${query}`);
    expect(status).toBe(200);
    expect(Buffer.byteLength(JSON.stringify({ body }))).toBeLessThan(6 * 1024 * 1024);
    found.push(...linesOf(body).map(({ id }) => id));
    query = /^<(.*)>; rel="next"$/.exec(String(headers.link))?.[1];
  }
  expect(found).toEqual(ids);
  expect(pages).toBeGreaterThan(2);
});
