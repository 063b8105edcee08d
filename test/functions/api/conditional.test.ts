import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { noteVersions } from '../../../core/store/versions.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let path: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  path = `${owner.path}/workspaces/${owner.workspace.id}`;
});
afterAll(() => plane.stop());

const get = (headers: Record<string, string> = {}, from = path) =>
  plane.call('GET', from, undefined, { token: owner.token, headers });
const update = (name: string, headers: Record<string, string> = {}) =>
  plane.call(
    'POST',
    path,
    { name, description: '', cicdEnforcedDefault: true },
    { token: owner.token, headers },
  );
const tag = ({ headers }: { headers: Readonly<Record<string, unknown>> }) => z.string().parse(headers.etag);

describe('an ETag', () => {
  test('is that of what was answered, and changes with it', async () => {
    const first = await get();
    expect(tag(first)).toMatch(/^"[\w-]{22}"$/);
    expect(tag(await get())).toBe(tag(first));
    const updated = await update('renamed');
    expect(tag(updated)).not.toBe(tag(first));
    expect(tag(await get())).toBe(tag(updated));
  });

  test('that the reader knows is answered 304, without a body', async () => {
    const etag = tag(await get());
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect(await get({ 'if-none-match': known })).toMatchObject({
        status: 304,
        headers: { etag },
        body: undefined,
      });
    }
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('is on lists too, and on no page, error or create', async () => {
    expect(tag(await get({}, `${owner.path}/workspaces`))).toBeTruthy();
    expect((await get({}, '/docs')).headers.etag).toBeUndefined();
    expect((await get({}, `${owner.path}/workspaces/x`)).headers.etag).toBeUndefined();
  });
});

describe('an update with If-Match', () => {
  let etag: string;
  beforeEach(async () => {
    etag = tag(await get());
  });

  test('is done while the resource is as it was read, each with the tag of the one before', async () => {
    for (const name of ['one', 'two', 'three']) {
      const updated = await update(name, { 'if-match': etag });
      expect(updated).toMatchObject({ status: 200, body: { name } });
      etag = tag(updated);
    }
    expect((await update('any', { 'if-match': '*' })).status).toBe(200);
  });

  test('is refused with 412 once it has changed, and changes nothing', async () => {
    await update('by somebody else');
    expect(await update('mine', { 'if-match': etag })).toMatchObject({
      status: 412,
      body: { statusCode: 412, message: expect.stringContaining('Read it again') },
    });
    expect((await get()).body).toMatchObject({ name: 'by somebody else' });
    const deleted = await plane.call('DELETE', path, undefined, {
      token: owner.token,
      headers: { 'if-match': etag },
    });
    expect(deleted.status).toBe(412);
  });

  test('is compared strongly', async () => {
    expect((await update('weak', { 'if-match': `W/${etag}` })).status).toBe(412);
  });

  test('of many at once is done once, however they meet', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => update(`writer ${index}`, { 'if-match': etag })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    const [written] = answers.filter(({ status }) => status === 200);
    expect(tag(await get())).toBe(tag(written ?? answers[0] ?? { headers: {} }));
  });

  test('of roles is of who has them', async () => {
    const from = `${owner.path}/users/${owner.user.id}`;
    const stale = tag(await get({}, from));
    const give = (workspaceRole: string, ifMatch: string) => {
      const workspaceRoles = [{ workspaceId: owner.workspace.id, role: workspaceRole }];
      const roles = { organizationRole: 'ORGANIZATION_OWNER', workspaceRoles };
      const options = { token: owner.token, headers: { 'if-match': ifMatch } };
      return plane.call('POST', `${from}/roles`, roles, options);
    };
    expect((await give('WORKSPACE_MEMBER', stale)).status).toBe(200);
    expect((await give('WORKSPACE_AUTHOR', stale)).status).toBe(412);
    expect((await give('WORKSPACE_AUTHOR', tag(await get({}, from)))).status).toBe(200);
  });

  test('and an Idempotency-Key that came too late is done with the same key once it is right', async () => {
    await update('by somebody else');
    const key = { 'idempotency-key': randomUUID() };
    expect((await update('mine, too', { ...key, 'if-match': etag })).status).toBe(412);
    const fresh = tag(await get());
    const done = await update('mine, too', { ...key, 'if-match': fresh });
    expect(done).toMatchObject({ status: 200, body: { name: 'mine, too' } });
    expect(await update('mine, too', { ...key, 'if-match': fresh })).toMatchObject({
      status: 200,
      body: done.body,
    });
  });

  test('is looked at when its plan is asked for, too', async () => {
    const asked = { name: 'Planned', workspaceId: owner.workspace.id };
    const made = await plane.call('POST', `${owner.path}/deployments`, asked, { token: owner.token });
    const from = `${owner.path}/deployments/${z.object({ id: z.string() }).parse(made.body).id}`;
    const stale = tag(await get({}, from));
    const renamed = await plane.call('POST', from, { name: 'Renamed' }, { token: owner.token });
    expect(renamed.status).toBe(200);
    for (const method of ['POST', 'DELETE']) {
      const plan = async (ifMatch: string) => {
        const options = { token: owner.token, headers: { 'if-match': ifMatch } };
        const body = method === 'POST' ? { description: 'Another' } : undefined;
        return (await plane.call(method, `${from}?dryRun=plan`, body, options)).status;
      };
      expect([method, await plan(stale), await plan(tag(await get({}, from)))]).toEqual([method, 412, 200]);
    }
  });

  test('where there is nothing to read is refused, and the header named', async () => {
    const answer = await plane.call('POST', '/v1alpha1/signin-links', undefined, {
      token: owner.token,
      headers: { 'if-match': etag },
    });
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'If-Match' }] } });
    const missing = await plane.call('DELETE', `${owner.path}/workspaces/x`, undefined, {
      token: owner.token,
      headers: { 'if-match': '*' },
    });
    expect(missing.status).toBe(404);
  });
});

test('what a GET is made of is known by the versions that it read', async () => {
  const versions = new Map<string, number>();
  const services = plane.services.through(noteVersions(plane.services.database, versions));
  const { id } = owner.organization;
  await services.store(id).entities.organization.get({ organizationId: id }).go();
  expect([...versions.keys()]).toEqual([`org#${id} organization`]);
});
