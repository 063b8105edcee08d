import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPasswordReset } from '../../../core/password-reset/start.ts';
import { intercept } from '../../../core/store/intercept.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson, type Person } from '../../support/person.ts';

const PASSWORD = 'correct horse';
const NEW_PASSWORD = 'battery staple';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

let people = 0;
/** Somebody new, at a network address of their own. */
function somebody(): { person: Person; email: string } {
  people += 1;
  return { person: createPerson(plane, `10.1.0.${people}`), email: `new-${people}@example.com` };
}

/** Attempts are counted by the hour. */
const HOUR = 3600;

const isIn = async (person: Person) => (await person.get('/account')).status === 200;

/** The latest mail to an address: its code, and the path that it links to. */
async function mailed(email: string) {
  await plane.tick();
  const message = plane.mailbox.messages(email).at(-1);
  const path = /http:\/\/localhost:8888(\S+)/.exec(message?.text ?? '')?.[1];
  return { code: message?.code ?? '', path: path ?? '', count: plane.mailbox.messages(email).length };
}

describe('signing up on a page', () => {
  const send = (person: Person, email: string, changed = {}) =>
    person.submit('/signup', {
      fullName: 'Ada Gale',
      organizationName: 'Gale Forecasts',
      email,
      password: PASSWORD,
      ...changed,
    });

  test('leads to the code, and by it to an account that is signed in', async () => {
    const { person, email } = somebody();
    const { status, headers } = await send(person, email);
    expect({ status, location: headers.location }).toMatchObject({
      status: 303,
      location: expect.stringMatching(/^\/signup\/c[0-9a-z]{24}$/),
    });
    const here = String(headers.location);
    expect((await person.get(here)).body).toContain('autocomplete="one-time-code"');
    const { code } = await mailed(email);
    const wrong = await person.submit(here, { code: code === '000000' ? '000001' : '000000' });
    expect(wrong).toMatchObject({ status: 400, body: expect.stringContaining('4 more attempts are left') });
    expect(await person.submit(here, { code })).toMatchObject({
      status: 303,
      headers: { location: '/account' },
    });
    expect((await person.get('/account')).body).toContain(email);
  });

  test('names each field that is wrong, and keeps what was right', async () => {
    const { person } = somebody();
    const { status, body } = await send(person, 'nobody', { password: 'short', fullName: '' });
    expect(status).toBe(400);
    for (const part of ['id="email-problem"', 'id="password-problem"', 'id="fullName-problem"']) {
      expect(body).toContain(part);
    }
    expect(body).toContain('value="Gale Forecasts"');
    expect(body).not.toContain('value="short"');
  });

  test('of an address that has an account looks the same', async () => {
    const account = await signUp(plane);
    const { person } = somebody();
    const { status, headers } = await send(person, account.email);
    expect(status).toBe(303);
    expect((await person.get(String(headers.location))).status).toBe(200);
    const { code } = await mailed(account.email);
    expect(code).toBe('');
  });

  test('is slowed from one network address before a password is hashed', async () => {
    const { person } = somebody();
    const answers: number[] = [];
    plane.advanceToNext(HOUR);
    for (let round = 0; round < 102; round += 1) {
      answers.push((await send(person, 'flood@example.com')).status);
    }
    expect(answers.filter((status) => status === 303)).toHaveLength(5);
    const { headers, status } = await send(person, 'another@example.com');
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a forgotten password', () => {
  const forget = (person: Person, email: string) => person.submit('/password/forgotten', { email });

  async function linkOf(account: Account): Promise<string> {
    await forget(somebody().person, account.email);
    return (await mailed(account.email)).path;
  }

  test('takes the same steps whether the address has an account or not', async () => {
    const account = await signUp(plane);
    const stepsFor = async (email: string) => {
      const steps: string[] = [];
      const telling = intercept(plane.services.database, async (command, pass) => {
        steps.push(command.constructor.name);
        return await pass(command);
      });
      const scope = { now: plane.now(), actor: { type: 'public' }, requestId: 'test' } as const;
      const asked = { email, sourceAddress: somebody().email };
      await startPasswordReset(scope, plane.services.through(telling), asked);
      return steps;
    };
    const steps = await stepsFor(account.email);
    expect(steps.length).toBeGreaterThan(0);
    expect(await stepsFor('nobody@example.com')).toEqual(steps);
  });

  test('is replaced by the link of a mail, once, which signs in and ends everything else', async () => {
    const account = await signUp(plane);
    const { person: other } = somebody();
    await other.submit('/signin', { email: account.email, password: PASSWORD });
    const path = await linkOf(account);
    expect(path).toMatch(/^\/password\/reset\?token=/);
    const { person } = somebody();
    expect(await person.get(path)).toMatchObject({
      status: 200,
      body: expect.stringContaining(account.email),
    });
    expect((await person.submit(path, { password: 'short' })).status).toBe(400);
    expect(await person.submit(path, { password: NEW_PASSWORD })).toMatchObject({
      status: 303,
      headers: { location: '/account' },
    });
    expect(await isIn(person)).toBe(true);
    expect(await isIn(other)).toBe(false);
    plane.advanceClock(4);
    const self = await plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect(self.status).toBe(401);
    expect((await person.submit(path, { password: 'yet another one' })).status).toBe(404);
    const signedIn = await other.submit('/signin', { email: account.email, password: NEW_PASSWORD });
    expect(signedIn.status).toBe(303);
  });

  test('is replaced once by many who try at once', async () => {
    const path = await linkOf(await signUp(plane));
    const attempts = Array.from({ length: 5 }, (_, round) =>
      somebody().person.submit(path, { password: `${NEW_PASSWORD} ${round}` }),
    );
    const answers = await Promise.all(attempts);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 404, 404, 404, 404]);
  });

  test('has links that end: after half an hour, and with another password', async () => {
    const account = await signUp(plane);
    const [first, second] = [await linkOf(account), await linkOf(account)];
    const { person } = somebody();
    await person.submit(first, { password: NEW_PASSWORD });
    expect((await person.get(second)).status).toBe(404);
    const late = await linkOf(account);
    plane.advanceClock(30 * 60 + 1);
    expect((await person.get(late)).status).toBe(404);
    expect((await person.submit(late, { password: 'too late for this' })).status).toBe(404);
  });

  test('of an address without an account looks the same, and mails nobody', async () => {
    const account = await signUp(plane);
    const { person, email } = somebody();
    const known = await forget(person, account.email);
    const unknown = await forget(person, email);
    expect(unknown).toMatchObject({ status: 200, body: known.body });
    expect((await mailed(email)).count).toBe(0);
  });

  test.each(['nothing', 'c000000000000000000000000.AAAA', ''])(
    'is not replaced by the token %j',
    async (token) => {
      const { person } = somebody();
      const path = `/password/reset?token=${token}`;
      expect((await person.get(path)).status).toBe(404);
      expect((await person.submit(path, { password: NEW_PASSWORD })).status).toBe(404);
    },
  );

  test('mails one address so often at most, whoever asks', async () => {
    const { email } = await signUp(plane);
    const before = (await mailed(email)).count;
    plane.advanceToNext(HOUR);
    const answers = await Promise.all(Array.from({ length: 6 }, () => forget(somebody().person, email)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
    expect((await mailed(email)).count - before).toBe(3);
  });

  test('is nowhere in the table, nor is its link, and both are swept', async () => {
    const account = await signUp(plane);
    const path = await linkOf(account);
    const { ScanCommand } = await import('@aws-sdk/lib-dynamodb');
    const scan = async () => {
      const { Items } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
      return JSON.stringify(Items);
    };
    const [, mac = 'no mac'] = decodeURIComponent(path.split('token=')[1] ?? '').split('.');
    expect(await scan()).not.toContain(mac);
    plane.advanceClock(3600);
    await plane.tick();
    expect(await scan()).not.toContain('"passwordReset"');
  });
});

describe('an invite', () => {
  const invite = async (account: Account, inviteeEmail: string) => {
    const role = 'ORGANIZATION_MEMBER';
    await plane.call('POST', `${account.path}/invites`, { inviteeEmail, role }, { token: account.token });
    return (await mailed(inviteeEmail)).path;
  };

  test('is accepted by somebody new with a name and a password, and signs in', async () => {
    const account = await signUp(plane, 'Gale Forecasts');
    const { person, email } = somebody();
    const path = await invite(account, email);
    const shown = await person.get(path);
    expect(shown).toMatchObject({ status: 200, body: expect.stringContaining('Join Gale Forecasts') });
    const wrong = await person.submit(path, { fullName: '', password: 'short' });
    expect(wrong).toMatchObject({ status: 400, body: expect.stringContaining('id="fullName-problem"') });
    const joined = await person.submit(path, { fullName: 'Grace Breeze', password: PASSWORD });
    expect(joined).toMatchObject({ status: 303, headers: { location: '/account' } });
    expect((await person.get('/account')).body).toContain(email);
    expect((await person.get(path)).status).toBe(404);
    expect((await person.submit(path, { fullName: 'Grace Breeze', password: PASSWORD })).status).toBe(404);
  });

  test('is accepted by somebody with an account as it is, who signs in with its password', async () => {
    const [account, guest] = [await signUp(plane), await signUp(plane)];
    const path = await invite(account, guest.email);
    const { person } = somebody();
    expect((await person.get(path)).body).not.toContain('type="password"');
    expect(await person.submit(path, {})).toMatchObject({ status: 303, headers: { location: '/signin' } });
    expect(await isIn(person)).toBe(false);
  });

  test('is not accepted by what another site sends', async () => {
    const path = await invite(await signUp(plane), 'guest@example.com');
    const { person } = somebody();
    const fields = { fullName: 'Grace Breeze', password: PASSWORD };
    expect((await person.submit(path, fields, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await person.get(path)).status).toBe(200);
  });
});

test('the account leads to the Airflows that one may open', async () => {
  const account = await signUp(plane);
  await plane.tick();
  const { person } = somebody();
  await person.submit('/signin', { email: account.email, password: PASSWORD });
  expect((await person.get('/account')).body).toMatch(
    /<a href="http:\/\/localhost:8888\/[a-z0-9-]+">Trial<\/a>/,
  );
});
