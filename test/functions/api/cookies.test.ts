import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson, type Person } from '../../support/person.ts';

const OVER_HTTPS = 'https://windsock.example.com';
const SESSION = { [OVER_HTTPS]: '__Host-windsock_session', 'http://localhost:8888': 'windsock_session' };
const PASSWORD = 'correct horse';

describe.each(Object.entries(SESSION))('at %s', (publicUrl, session) => {
  let plane: ControlPlane;
  let owner: Account;
  let other: Account;
  beforeAll(async () => {
    plane = await startControlPlane({ publicUrl });
    [owner, other] = [await signUp(plane), await signUp(plane)];
  });
  afterAll(() => plane.stop());

  const pathOf = ({ headers }: Answer) => String(headers.location).replace(publicUrl, '');

  /** Every way to a session and out of it, and a program's sign-in; each Set-Cookie on the way. */
  async function journey(): Promise<string[]> {
    const set: string[] = [];
    const browser = createPerson(plane);
    const told = async (answer: Promise<Answer>) => {
      set.push(...(await answer).cookies);
      return await answer;
    };
    const person: Person = {
      ...browser,
      get: (path) => told(browser.get(path)),
      submit: (...form) => told(browser.submit(...form)),
    };
    await person.submit('/signin', { email: owner.email, password: PASSWORD });
    const passwords = { currentPassword: PASSWORD, newPassword: PASSWORD };
    await person.submit('/account/password', passwords);
    const query = new URLSearchParams({
      client_id: 'cli',
      redirect_uri: 'http://localhost:12345/callback',
      scope: 'openid',
      response_type: 'code',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    const here = pathOf(await person.get(`/authorize?${query}`));
    const back = pathOf(await person.submit(here, {}));
    expect(pathOf(await person.get(back))).toContain('code=');
    await person.submit('/signout', {});
    await person.submit('/password/forgotten', { email: owner.email });
    await plane.tick();
    const [link = ''] = /http\S+/.exec(plane.mailbox.messages(owner.email).at(-1)?.text ?? '') ?? [];
    await person.submit(link.replace(publicUrl, ''), { password: PASSWORD });
    await person.submit('/signout/everywhere', {});
    return set;
  }

  test('no cookie is shown to scripts or to other sites, nor sent in clear', async () => {
    const set = await journey();
    const names = new Set(set.map((cookie) => cookie.split('=')[0]));
    const openid = ['windsock_interaction', 'windsock_resume', 'windsock_openid'];
    expect([...names].sort()).toEqual([session, ...openid, ...openid.map((name) => `${name}.sig`)].sort());
    for (const cookie of set) {
      const [pair = '', ...attributes] = cookie.toLowerCase().split(/; */);
      const path = pair.startsWith(`${session.toLowerCase()}=`) ? /^path=\/$/ : /^path=\/authorize/;
      expect(attributes, cookie).toEqual(
        expect.arrayContaining(['httponly', 'samesite=lax', expect.stringMatching(path)]),
      );
      expect(attributes.includes('secure'), cookie).toBe(publicUrl === OVER_HTTPS);
      expect(attributes.some((attribute) => attribute.startsWith('domain='))).toBe(false);
    }
  });

  test('an Idempotency-Key of a browser is another one of another browser at the same address', async () => {
    const headers = { origin: publicUrl, 'idempotency-key': randomUUID() };
    const sessions = [];
    for (const { email } of [owner, other]) {
      const browser = createPerson(plane, '10.0.0.1');
      await browser.submit('/signin', { email, password: PASSWORD });
      sessions.push(`${session}=${browser.cookie(session)}`);
      expect((await browser.get('/account')).status).toBe(200);
      await browser.submit('/signout', {}, headers);
    }
    for (const cookie of sessions) {
      const account = await plane.call('GET', '/account', undefined, { cookies: [cookie] });
      expect(account.status).toBe(303);
    }
  });
});
