import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson, type Person } from '../../support/person.ts';
import { costs } from '../../support/scrypt.ts';

const PASSWORD = 'correct horse';
const WRONG = 'The e-mail address or the password is wrong.';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
});
afterAll(() => plane.stop());

let addresses = 0;
/** Somebody at an address of their own, whom no other test slows. */
function somebody(): Person {
  addresses += 1;
  return createPerson(plane, `10.0.${addresses >> 8}.${addresses & 255}`);
}

const attempt = (person: Person, email: string, password: string, path = '/signin') =>
  person.submit(path, { email, password });

async function signedIn(account = owner): Promise<Person> {
  const person = somebody();
  expect((await attempt(person, account.email, PASSWORD)).status).toBe(303);
  return person;
}

const isIn = async (person: Person) => (await person.get('/account')).status === 200;

describe('signing in by password', () => {
  test('begins a session in a strict cookie, and leads to the account', async () => {
    const answer = await attempt(somebody(), owner.email, PASSWORD);
    expect(answer).toMatchObject({ status: 303, headers: { location: '/account' } });
    expect(answer.cookies).toEqual([
      expect.stringMatching(/^windsock_session=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=43200$/),
    ]);
  });

  test('takes the address in any case, and leads where one wanted to go', async () => {
    const answer = await attempt(
      somebody(),
      owner.email.toUpperCase(),
      PASSWORD,
      '/signin?next=%2Fbrisk%2Fdags',
    );
    expect(answer).toMatchObject({ status: 303, headers: { location: '/brisk/dags' } });
  });

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'does not lead to %s',
    async (next) => {
      const path = `/signin?next=${encodeURIComponent(next)}`;
      const answer = await attempt(somebody(), owner.email, PASSWORD, path);
      expect(answer.headers.location).toBe('/account');
    },
  );

  test('says of what is missing or malformed at its field, and keeps the address alone', async () => {
    const { status, body } = await attempt(somebody(), 'nobody', '');
    expect(status).toBe(400);
    for (const part of [
      '<title>Error: Sign in',
      'role="alert"',
      '<a href="#email">',
      'id="email-problem"',
      'aria-describedby="password-problem"',
      'value="nobody"',
    ]) {
      expect(body).toContain(part);
    }
  });

  test('shows what was typed as text, never as HTML', async () => {
    const { body } = await attempt(somebody(), '"><script>alert(1)</script>', 'x');
    expect(body).not.toContain('<script');
  });
});

/** Wrong passwords are counted by the quarter of an hour. */
const QUARTER = 900;

describe('whoever guesses', () => {
  test('is told the same, whether there is an account or not', async () => {
    const texts = (answer: Answer) => String(answer.body).replaceAll(/value="[^"]*"/g, '');
    const known = await attempt(somebody(), owner.email, 'wrong');
    const unknown = await attempt(somebody(), 'nobody@example.com', 'wrong');
    expect([known.status, unknown.status]).toEqual([401, 401]);
    expect(texts(known)).toBe(texts(unknown));
    expect(texts(known)).toContain(WRONG);
  });

  test('takes as much work, whether there is an account or not', async () => {
    const workOf = async (email: string) => {
      const before = costs.length;
      await attempt(somebody(), email, 'wrong');
      return costs.slice(before);
    };
    expect(await workOf((await signUp(plane)).email)).toEqual([{ N: 2 ** 14, r: 8, p: 5 }]);
    expect(await workOf('nobody@example.com')).toEqual([{ N: 2 ** 14, r: 8, p: 5 }]);
  });

  test.each([
    ['with an account', () => signUp(plane).then(({ email }) => email)],
    ['without one', async () => 'somebody-else@example.com'],
  ])(
    'passwords of an address %s is slowed from everywhere, also at once, and told for how long',
    async (_, of) => {
      const email = await of();
      plane.advanceToNext(QUARTER);
      const answers = await Promise.all(
        Array.from({ length: 14 }, () => attempt(somebody(), email, 'wrong')),
      );
      expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
      const slowed = await attempt(somebody(), email, PASSWORD);
      expect(slowed.status).toBe(429);
      const seconds = Number(slowed.headers['retry-after']);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(900);
      plane.advanceClock(seconds);
      expect((await attempt(somebody(), email, 'wrong')).status).toBe(401);
    },
  );

  test('from one address is slowed there, and nobody else is', async () => {
    const guesser = somebody();
    plane.advanceToNext(QUARTER);
    const guesses = Array.from({ length: 50 }, (_, round) => `guess-${round}@example.com`);
    await Promise.all(guesses.map((email) => attempt(guesser, email, 'wrong')));
    expect((await attempt(guesser, owner.email, PASSWORD)).status).toBe(429);
    expect((await attempt(somebody(), owner.email, PASSWORD)).status).toBe(303);
  });

  test('the password behind a session is slowed, also at once, and told for how long; right ones slow nobody', async () => {
    const { email } = await signUp(plane);
    const person = somebody();
    await attempt(person, email, PASSWORD);
    const change = (currentPassword: string) =>
      person.submit('/account/password', { currentPassword, newPassword: PASSWORD });
    plane.advanceToNext(QUARTER);
    for (let round = 0; round < 12; round += 1) expect((await change(PASSWORD)).status).toBe(303);
    const answers = await Promise.all(Array.from({ length: 14 }, () => change('a wrong one')));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(10).fill(400),
      ...Array(4).fill(429),
    ]);
    const slowed = await change(PASSWORD);
    expect(slowed.status).toBe(429);
    const seconds = Number(slowed.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(QUARTER);
    const another = somebody();
    await attempt(another, owner.email, PASSWORD);
    const theirs = { currentPassword: 'a wrong one', newPassword: PASSWORD };
    expect((await another.submit('/account/password', theirs)).status).toBe(400);
    plane.advanceClock(seconds);
    expect((await change(PASSWORD)).status).toBe(303);
  });

  test('signing in rightly, however often, slows nobody', async () => {
    const { email } = await signUp(plane);
    const person = somebody();
    for (let round = 0; round < 15; round += 1)
      expect((await attempt(person, email, PASSWORD)).status).toBe(303);
  });
});

describe('another site', () => {
  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['the same name over HTTPS', { origin: 'https://localhost:8888' }],
    ['an origin that says nothing', { origin: 'null' }],
    ['no origin', {}],
  ])('sends no form of ours: %s', async (_what, headers) => {
    const account = await signUp(plane);
    const person = await signedIn(account);
    const credentials = { email: account.email, password: PASSWORD };
    expect((await person.submit('/signin', credentials, headers)).status).toBe(403);
    const passwords = { currentPassword: PASSWORD, newPassword: 'battery staple' };
    expect((await person.submit('/account/password', passwords, headers)).status).toBe(403);
    await person.submit('/signout/everywhere', {}, headers);
    expect(await isIn(person)).toBe(true);
  });

  test('signs nobody out by a link, without asking', async () => {
    const person = await signedIn();
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, {}]) {
      const cookies = [`windsock_session=${person.cookie('windsock_session')}`];
      const asked = await plane.call('GET', '/signout', undefined, { cookies, headers });
      expect(asked).toMatchObject({ status: 200, body: expect.stringContaining('Sign out?') });
    }
    await person.submit('/signout', {}, { origin: 'https://evil.example' });
    expect(await isIn(person)).toBe(true);
    expect(await person.submit('/signout', {})).toMatchObject({ status: 303 });
    expect(await isIn(person)).toBe(false);
  });

  test.each(['/signin', '/account'])('neither frames nor reads %s, and no cache keeps it', async (path) => {
    const { headers } = await (await signedIn()).get(path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toContain('unsafe');
  });
});

describe('a session', () => {
  test('ends everywhere at once: all browsers, sign-in links and tokens', async () => {
    const account = await signUp(plane);
    const [one, other] = [await signedIn(account), await signedIn(account)];
    const { body } = await plane.call('POST', '/v1alpha1/signin-links', undefined, { token: account.token });
    const link = (body as { url: string }).url.replace('http://localhost:8888', '');
    const answer = await one.submit('/signout/everywhere', {});
    expect(answer).toMatchObject({ status: 303, headers: { location: '/signin' } });
    expect(await isIn(one)).toBe(false);
    expect(await isIn(other)).toBe(false);
    const visitor = somebody();
    await visitor.get(link);
    expect(await isIn(visitor)).toBe(false);
    plane.advanceClock(4);
    const self = await plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect(self.status).toBe(401);
    expect(await isIn(await signedIn(account))).toBe(true);
  });

  test("ends with the user's tokens, also when the process dies before it has deleted them", async () => {
    const account = await signUp(plane);
    const { token } = plane.services.globalStore.entities;
    const { data: issued } = await token.query.primary({ userId: account.user.id }).go({ pages: 'all' });
    await (await signedIn(account)).submit('/signout/everywhere', {});
    for (const item of issued) await token.put(item).go();
    plane.advanceClock(4);
    const self = await plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect(self.status).toBe(401);
  });

  test('that has ended everywhere is followed by none that its tokens ask for while they are remembered', async () => {
    const account = await signUp(plane);
    const person = await signedIn(account);
    const { token } = account;
    expect((await plane.call('GET', '/v1/users/self', undefined, { token })).status).toBe(200);
    await person.submit('/signout/everywhere', {});
    const link = await plane.call('POST', '/v1alpha1/signin-links', undefined, { token });
    expect(link.status).toBe(401);
  });

  test("is another one's no more when the password is changed, and goes on here", async () => {
    const account = await signUp(plane);
    const [one, other] = [await signedIn(account), await signedIn(account)];
    const change = (currentPassword: string, newPassword: string) =>
      one.submit('/account/password', { currentPassword, newPassword });
    expect((await change('wrong', 'battery staple')).body).toContain('This is not your password.');
    expect((await change(PASSWORD, 'short')).body).toContain('Use 8 to 256 characters.');
    expect((await change(PASSWORD, 'battery staple')).status).toBe(303);
    expect(await isIn(one)).toBe(true);
    expect(await isIn(other)).toBe(false);
    expect((await attempt(somebody(), account.email, PASSWORD)).status).toBe(401);
    expect((await attempt(somebody(), account.email, 'battery staple')).status).toBe(303);
  });

  test('is not begun with an old password while it is being changed', async () => {
    const account = await signUp(plane);
    const person = await signedIn(account);
    const others = Array.from({ length: 4 }, somebody);
    await Promise.all([
      person.submit('/account/password', { currentPassword: PASSWORD, newPassword: 'battery staple' }),
      ...others.map((other) => attempt(other, account.email, PASSWORD)),
    ]);
    expect(await Promise.all(others.map(isIn))).toEqual([false, false, false, false]);
  });
});
