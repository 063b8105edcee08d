import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

let people = 0;
const somebody = () => {
  people += 1;
  return {
    email: `somebody-${people}@example.com`,
    password: 'correct horse',
    fullName: 'Ada Gale',
    organizationName: 'Gale Forecasts',
  };
};

async function start(request = somebody()): Promise<{ id: string; email: string }> {
  const { status, body } = await plane.call('POST', '/v1alpha1/signups', request);
  expect({ status, body }).toEqual({ status: 200, body: { id: expect.any(String), status: 'EMAIL_SENT' } });
  return { id: z.object({ id: z.string() }).parse(body).id, email: request.email };
}

async function mailedCode(email: string): Promise<string> {
  await plane.tick();
  return plane.mailbox.messages(email).at(-1)?.code ?? '';
}

const verify = (id: string, code: string) => plane.call('POST', `/v1alpha1/signups/${id}/verify`, { code });
const wrongOf = (code: string) => (code === '000000' ? '000001' : '000000');
const fieldCode = (body: unknown) =>
  z
    .object({ fieldErrors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })) })
    .parse(body).fieldErrors[0];

describe('a sign-up', () => {
  test('verified by the code of its mail makes user, organization, workspace and a token that works', async () => {
    const { id, email } = await start();
    const { status, body } = await verify(id, await mailedCode(email));
    expect(status).toBe(200);
    const account = body as Account;
    expect(account.user).toMatchObject({ username: email, fullName: 'Ada Gale', status: 'ACTIVE' });
    expect(account.organization).toMatchObject({
      name: 'Gale Forecasts',
      product: 'HOSTED',
      status: 'ACTIVE',
      productPlans: [{ productPlanName: 'TRIAL' }],
      trialExpiresAt: account.trialExpiresAt,
      createdBy: { id: account.user.id, subjectType: 'USER', username: email },
    });
    expect(account.workspace).toMatchObject({
      name: 'Gale Forecasts',
      organizationId: account.organization.id,
    });
    const days = (Date.parse(account.trialExpiresAt) - plane.now().getTime()) / 86_400_000;
    expect(days).toBeCloseTo(14, 2);
    const self = await plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect(self).toMatchObject({ status: 200, body: { id: account.user.id, username: email } });
  });

  test('is followed by the deployment of the trial, once, however often the clock runs', async () => {
    const account = await signUp(plane);
    await plane.tick();
    await plane.tick();
    const { data } = await plane.services
      .store(account.organization.id)
      .entities.deployment.query.primary({ organizationId: account.organization.id })
      .go();
    expect(data.map(({ workspaceId }) => workspaceId)).toEqual([account.workspace.id]);
  });

  test('takes the address in any case as the same', async () => {
    const request = somebody();
    const { id } = await start({ ...request, email: request.email.toUpperCase() });
    await verify(id, await mailedCode(request.email));
    await start(request);
    await plane.tick();
    expect(plane.mailbox.messages(request.email).at(-1)?.subject).toContain('account already');
  });

  test('verified again is a clear conflict', async () => {
    const { id, email } = await start();
    const code = await mailedCode(email);
    expect((await verify(id, code)).status).toBe(200);
    const again = await verify(id, code);
    expect(again).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('verified already') },
    });
  });

  test('takes five wrong codes and then not even the right one', async () => {
    const { id, email } = await start();
    const code = await mailedCode(email);
    const said = [
      'is wrong; 4 more attempts are left',
      'is wrong; 3 more attempts are left',
      'is wrong; 2 more attempts are left',
      'is wrong; 1 more attempt is left',
      'is wrong, and was the last attempt; sign up again for a new one',
    ];
    for (const message of said) {
      const { status, body } = await verify(id, wrongOf(code));
      expect(status).toBe(400);
      expect(fieldCode(body)).toEqual({ field: 'code', code: 'wrong_code', message });
    }
    const { status, body } = await verify(id, code);
    expect(status).toBe(400);
    expect(fieldCode(body)).toMatchObject({ field: 'code', code: 'too_many_attempts' });
  });

  test('takes five wrong codes in all when many are tried at once', async () => {
    const { id, email } = await start();
    const code = await mailedCode(email);
    const answers = await Promise.all(Array.from({ length: 30 }, () => verify(id, wrongOf(code))));
    const counted = answers.filter(
      ({ status, body }) => status === 400 && fieldCode(body)?.code === 'wrong_code',
    );
    expect(counted.length).toBeLessThanOrEqual(5);
    const { data } = await plane.services.globalStore.entities.signup.get({ signupId: id }).go();
    expect(data?.wrongCodes).toBe(counted.length);
  });

  test('verified by many at once makes one account', async () => {
    const { id, email } = await start();
    const code = await mailedCode(email);
    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(id, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });

  test('expires after 15 minutes, and is deleted a day later', async () => {
    const { id, email } = await start();
    const code = await mailedCode(email);
    plane.advanceClock(15 * 60 + 1);
    const { status, body } = await verify(id, code);
    expect(status).toBe(400);
    expect(fieldCode(body)).toMatchObject({ field: 'code', code: 'expired' });
    plane.advanceClock(86_400);
    await plane.tick();
    expect((await verify(id, code)).status).toBe(404);
  });

  test('repeated has a code of its own; whichever is verified first has the account', async () => {
    const request = somebody();
    const first = await start(request);
    const firstCode = await mailedCode(request.email);
    const second = await start(request);
    const secondCode = await mailedCode(request.email);
    expect(second.id).not.toBe(first.id);
    expect((await verify(second.id, secondCode)).status).toBe(200);
    const late = await verify(first.id, firstCode);
    expect(late).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('account already') },
    });
  });

  test('repeated more than five times within an hour is slowed', async () => {
    const request = somebody();
    // They are counted by the hour.
    plane.advanceToNext(3600);
    for (let i = 0; i < 5; i += 1) await start(request);
    expect(await plane.call('POST', '/v1alpha1/signups', request)).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      body: { message: expect.stringContaining('or use the code of the latest mail') },
    });
    plane.advanceClock(3600);
    await start(request);
  });

  test('of an address that has an account answers the same, tells it by mail, and no code verifies it', async () => {
    const account = await signUp(plane);
    const { id } = await start({ ...somebody(), email: account.email });
    await plane.tick();
    const mail = plane.mailbox.messages(account.email).at(-1);
    expect(mail).toMatchObject({ code: null, subject: expect.stringContaining('account already') });
    const { status, body } = await verify(id, '123456');
    expect(status).toBe(400);
    expect(fieldCode(body)?.code).toBe('wrong_code');
  });

  test.each([
    ['email', { email: 'nobody' }],
    ['password', { password: 'short' }],
    ['fullName', { fullName: '' }],
    ['organizationName', { organizationName: 'two\nlines' }],
    ['isAdmin', { isAdmin: true }],
    ['email', { email: 7 }],
  ])('with a wrong %s is refused and named', async (field, wrong) => {
    const { status, body } = await plane.call('POST', '/v1alpha1/signups', { ...somebody(), ...wrong });
    expect(status).toBe(400);
    expect(fieldCode(body)?.field).toBe(field);
  });

  test('with a password that is too short is told how long it must be', async () => {
    const { body } = await plane.call('POST', '/v1alpha1/signups', { ...somebody(), password: 'short' });
    expect(fieldCode(body)?.message).toBe('must have at least 8 characters');
  });

  test('keeps neither code nor password in the table', async () => {
    const request = { ...somebody(), password: 'marker-password-7391' };
    await start(request);
    const code = await mailedCode(request.email);
    const { ScanCommand } = await import('@aws-sdk/lib-dynamodb');
    const { Items } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
    const text = JSON.stringify(Items);
    expect(text).not.toContain('marker-password-7391');
    expect(text).not.toMatch(new RegExp(`\\b${code}\\b`));
  });
});
