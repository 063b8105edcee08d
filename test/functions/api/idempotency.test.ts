import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createApiToken } from '../../../core/api-token/create.ts';
import { once } from '../../../core/idempotency/once.ts';
import type { Services } from '../../../core/services.ts';
import { createWorkspace } from '../../../core/workspace/create.ts';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let other: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  [owner, other] = [await account(), await account()];
});
afterAll(() => plane.stop());

async function account(): Promise<Account> {
  const signedUp = await signUp(plane);
  await setPlan(plane, signedUp, 'TEAM');
  return signedUp;
}

function create(key: string, name: string, { token, path }: Account = owner): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return plane.call('POST', `${path}/workspaces`, { name }, { token, headers });
}

async function named(name: string): Promise<number> {
  const path = `${owner.path}/workspaces?names=${name}`;
  const { body } = await plane.call('GET', path, undefined, { token: owner.token });
  return z.object({ totalCount: z.number() }).parse(body).totalCount;
}

async function table(): Promise<string> {
  const { Items = [] } = await plane.services.database.send(
    new ScanCommand({ TableName: plane.services.environment.TABLE_NAME }),
  );
  return JSON.stringify(Items);
}

describe('a POST with an Idempotency-Key', () => {
  test('is answered as the first time, quoted or not, and done once', async () => {
    const key = randomUUID();
    const first = await create(key, 'once');
    expect(first.status).toBe(200);
    expect(await create(key, 'once')).toMatchObject({ status: 200, body: first.body });
    expect(await create(`"${key}"`, 'once')).toMatchObject({ status: 200, body: first.body });
    expect(await named('once')).toBe(1);
  });

  test('is another one for somebody else', async () => {
    const key = randomUUID();
    const [mine, theirs] = [await create(key, 'mine'), await create(key, 'mine', other)];
    expect([mine.status, theirs.status]).toEqual([200, 200]);
    expect(theirs.body).not.toEqual(mine.body);
  });

  test('whose body or path is another is refused, and the key is named', async () => {
    const key = randomUUID();
    await create(key, 'body');
    expect(await create(key, 'another body')).toMatchObject({
      status: 422,
      body: { fieldErrors: [{ field: 'Idempotency-Key', code: 'key_reused' }] },
    });
    const headers = { 'idempotency-key': key };
    const path = `${owner.path}/workspaces/${owner.workspace.id}`;
    const elsewhere = await plane.call('POST', path, { name: 'body' }, { token: owner.token, headers });
    expect(elsewhere.status).toBe(400);
    const body = { name: 'body', description: '', cicdEnforcedDefault: true };
    expect((await plane.call('POST', path, body, { token: owner.token, headers })).status).toBe(422);
    expect(await named('another%20body')).toBe(0);
  });

  test('that comes many times at once is done once; what comes too early is told so', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(key, 'at-once')));
    expect(await named('at-once')).toBe(1);
    const made = answers.filter(({ status }) => status === 200);
    expect(new Set(made.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    for (const { status, headers } of answers.filter((answer) => answer.status !== 200)) {
      expect({ status, headers }).toMatchObject({ status: 409, headers: { 'retry-after': '1' } });
    }
  });

  test('that failed for its own reason fails the same again; one that is invalid is no request yet', async () => {
    const [key, taken] = [randomUUID(), await create(randomUUID(), 'taken')];
    const first = await create(key, 'taken');
    expect(first.status).toBe(409);
    const { id } = z.object({ id: z.string() }).parse(taken.body);
    await plane.call('DELETE', `${owner.path}/workspaces/${id}`, undefined, { token: owner.token });
    const again = await create(key, 'taken');
    expect(again.status).toBe(409);
    const message = z.looseObject({ message: z.string() });
    expect(message.parse(again.body).message).toBe(message.parse(first.body).message);
    const corrected = randomUUID();
    expect((await create(corrected, '')).status).toBe(400);
    expect((await create(corrected, 'corrected')).status).toBe(200);
  });

  test('is forgotten after a day, and swept', async () => {
    const key = randomUUID();
    const { body } = await create(key, 'yesterday');
    plane.advanceClock(86_400);
    await plane.tick();
    expect(await table()).not.toContain('#idempotency#');
    const { id } = z.object({ id: z.string() }).parse(body);
    await plane.call('DELETE', `${owner.path}/workspaces/${id}`, undefined, { token: owner.token });
    const again = await create(key, 'yesterday');
    expect(again.status).toBe(200);
    expect(again.body).not.toEqual(body);
  });

  test('whose answer shows a secret once leaves it nowhere in clear, and answers it again', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const email = 'secret@example.com';
    const body = { email, password: 'correct horse', fullName: 'A B', organizationName: 'C' };
    const started = await plane.call('POST', '/v1alpha1/signups', body, { headers });
    const again = await plane.call('POST', '/v1alpha1/signups', body, { headers });
    expect(again.body).toEqual(started.body);
    await plane.tick();
    const { id } = z.object({ id: z.string() }).parse(started.body);
    const code = { code: plane.mailbox.messages(email).at(-1)?.code };
    const verify = () =>
      plane.call('POST', `/v1alpha1/signups/${id}/verify`, code, { headers: { 'idempotency-key': 'v' } });
    const { token } = z.looseObject({ token: z.string() }).parse((await verify()).body);
    const items = await table();
    expect(items).not.toContain(token);
    expect(items).not.toContain(headers['idempotency-key']);
    expect(await verify()).toMatchObject({ status: 200, body: { token } });
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(256)])('"%s" is no key, and it is named', async (key) => {
    const request = { name: 'planned', workspaceId: owner.workspace.id };
    const options = { token: owner.token, headers: { 'idempotency-key': key } };
    const planned = await plane.call('POST', `${owner.path}/deployments?dryRun=plan`, request, options);
    for (const answer of [await create(key, 'no key'), planned])
      expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'Idempotency-Key' }] } });
  });
});

describe('a function that dies', () => {
  const never = new Promise<never>(() => undefined);
  const request = (key: string) => ({
    organizationId: owner.organization.id,
    caller: owner.user.id,
    key,
    request: 'POST',
  });
  const scope = () => ({
    now: plane.now(),
    requestId: 'test',
    actor: { type: 'system' as const, name: 'test' },
  });
  const makes = (name: string) => async (services: Services) =>
    (await createWorkspace(scope(), services, owner.organization.id, { name })).workspaceId;
  const makesToken = async (services: Services) => {
    const asked = { name: 'zombie', scope: 'ORGANIZATION', role: 'ORGANIZATION_MEMBER' } as const;
    return (await createApiToken(scope(), services, owner.organization.id, asked)).token;
  };
  const attempt = (key: string, run: (services: Services) => Promise<string>) =>
    once(scope(), plane.services, request(key), z.string(), run);

  test('before its command is followed by another try, and changes nothing any more should it live', async () => {
    const key = randomUUID();
    let live: (() => void) | undefined;
    const dead = attempt(key, async (services) => {
      await new Promise<void>((resolve) => {
        live = resolve;
      });
      return await makes('zombie')(services);
    });
    await expect.poll(() => live).toBeDefined();
    await expect(attempt(key, makes('early'))).rejects.toThrow('still being carried out');
    plane.advanceClock(30);
    const made = await attempt(key, makes('living'));
    live?.();
    await expect(dead).rejects.toThrow('still being carried out');
    expect(await named('zombie')).toBe(0);
    expect(await attempt(key, makes('again'))).toBe(made);
  });

  test.each([
    ['makes an API token', makesToken],
    ['overlooks that it was refused', (services: Services) => makes('overlooked')(services).catch(() => '')],
  ])('before its command is told so should it live, also when it %s', async (_what, run) => {
    const key = randomUUID();
    let live: (() => void) | undefined;
    const dead = attempt(key, async (services) => {
      await new Promise<void>((resolve) => {
        live = resolve;
      });
      return await run(services);
    });
    await expect.poll(() => live).toBeDefined();
    await expect(attempt(key, run)).rejects.toThrow('still being carried out');
    plane.advanceClock(30);
    const made = await attempt(key, async () => 'made by the other try');
    live?.();
    await expect(dead).rejects.toThrow('still being carried out');
    expect(await attempt(key, run)).toBe(made);
  });

  test('after its command is never followed, and whoever asks is told', async () => {
    const key = randomUUID();
    let done = false;
    void attempt(key, async (services) => {
      await makes('done')(services);
      done = true;
      return await never;
    });
    await expect.poll(() => done).toBe(true);
    await expect(attempt(key, makes('done twice'))).rejects.toThrow('still being carried out');
    plane.advanceClock(30);
    await expect(attempt(key, makes('done twice'))).rejects.toThrow('its answer was lost');
    expect(await named('done%20twice')).toBe(0);
  });

  test('of an error of its own can be tried again at once', async () => {
    const key = randomUUID();
    await expect(attempt(key, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await attempt(key, makes('repaired'))).toMatch(/^c/);
  });
});
