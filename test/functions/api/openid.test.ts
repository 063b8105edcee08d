import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { intercept } from '../../../core/store/intercept.ts';
import { answerOpenid, providerOf } from '../../../functions/openid/answer.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson, type Person } from '../../support/person.ts';

const CALLBACK = 'http://localhost:12345/callback';
const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.literal(3600),
});
type Tokens = z.infer<typeof Tokens>;
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
});
afterAll(() => plane.stop());

/** What the astro CLI asks for. */
function authorizePath(challenge: string, changed: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    prompt: 'login',
    audience: 'http://localhost:8888',
    client_id: 'cli',
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access',
    response_type: 'code',
    response_mode: 'query',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changed,
  });
  return `/authorize?${query}`;
}

function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

const pathOf = (location: unknown) => String(location).replace('http://localhost:8888', '');

async function signedInPerson(account = owner): Promise<Person> {
  const person = createPerson(plane);
  await person.submit('/signin', { email: account.email, password: 'correct horse' });
  return person;
}

/** Begins a sign-in to the CLI, and answers where it has to be confirmed. */
async function begin(person: Person, challenge: string): Promise<string> {
  return pathOf((await person.get(authorizePath(challenge))).headers.location);
}

async function codeOf(person: Person, challenge: string): Promise<string> {
  const confirmed = await person.submit(await begin(person, challenge), {});
  const back = await person.get(pathOf(confirmed.headers.location));
  return new URL(String(back.headers.location)).searchParams.get('code') ?? '';
}

const form = (fields: Readonly<Record<string, string>>) => ({
  raw: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});

const exchange = (code: string, code_verifier: string) =>
  plane.call(
    'POST',
    '/oauth/token',
    undefined,
    form({
      grant_type: 'authorization_code',
      client_id: 'cli',
      code,
      code_verifier,
      redirect_uri: CALLBACK,
    }),
  );

const refresh = (refresh_token: string) =>
  plane.call(
    'POST',
    '/oauth/token',
    undefined,
    form({ grant_type: 'refresh_token', client_id: 'cli', refresh_token }),
  );

async function tokensOf(account = owner): Promise<Tokens> {
  const { verifier, challenge } = pkce();
  const code = await codeOf(await signedInPerson(account), challenge);
  return Tokens.parse((await exchange(code, verifier)).body);
}

const self = async (token: string) =>
  (await plane.call('GET', '/v1/users/self', undefined, { token })).status;

test('there is one provider, which asks the table through the services of each request', async () => {
  const commands: string[] = [];
  const telling = intercept(plane.services.database, async (command, pass) => {
    commands.push(command.constructor.name);
    return await pass(command);
  });
  const through = plane.services.through(telling);
  await begin(createPerson(plane), pkce().challenge);
  expect(await providerOf(through)).toBe(await providerOf(plane.services));
  const scope = { now: plane.now(), actor: { type: 'public' }, requestId: 'test' } as const;
  const request = {
    url: authorizePath(pkce().challenge),
    bytes: new Uint8Array(),
    headers: {},
    cookies: [],
    sourceAddress: '127.0.0.1',
  };
  expect((await answerOpenid('GET', scope, request, through)).statusCode).toBe(303);
  expect(commands.length).toBeGreaterThan(0);
});

describe('a sign-in to the astro CLI', () => {
  test('leads over the sign-in page and a confirmation to tokens', async () => {
    const { verifier, challenge } = pkce();
    const person = createPerson(plane);
    const here = await begin(person, challenge);
    expect(here).toMatch(/^\/authorize\/[\w-]{21,}\/confirm$/);
    const signIn = pathOf((await person.get(here)).headers.location);
    expect(signIn).toBe(`/signin?next=${encodeURIComponent(here)}`);
    const signedIn = await person.submit(signIn, { email: owner.email, password: 'correct horse' });
    expect(signedIn).toMatchObject({ status: 303, headers: { location: here } });
    const question = await person.get(here);
    expect(question).toMatchObject({ status: 200, body: expect.stringContaining(owner.email) });
    const confirmed = await person.submit(here, {});
    const back = await person.get(pathOf(confirmed.headers.location));
    const callback = new URL(String(back.headers.location));
    expect(`${callback.origin}${callback.pathname}`).toBe(CALLBACK);
    const { status, headers, body } = await exchange(callback.searchParams.get('code') ?? '', verifier);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(await self(Tokens.parse(body).access_token)).toBe(200);
  });

  test('gives an access token that says what every token says', async () => {
    const { access_token } = await tokensOf();
    const [, claims = ''] = access_token.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: owner.user.id,
      permissions: [
        expect.stringMatching(/^apiTokenId:c/),
        `organizationId:${owner.organization.id}`,
        `workspaceId:${owner.workspace.id}`,
      ],
    });
  });

  test('gives an ID token that the published keys verify, and that is no Bearer token', async () => {
    const { id_token } = await tokensOf();
    const { body } = await plane.call('GET', '/oauth/jwks');
    const keys = createLocalJWKSet(Keys.parse(JSON.parse(String(body))));
    const { payload } = await jwtVerify(id_token, keys, { issuer: 'http://localhost:8888', audience: 'cli' });
    expect(payload).toMatchObject({ sub: owner.user.id, email: owner.email, name: 'Ada Gale' });
    expect(await self(id_token)).toBe(401);
  });
});

describe('a code', () => {
  test('is exchanged once, even when it is tried many times at once', async () => {
    const { verifier, challenge } = pkce();
    const code = await codeOf(await signedInPerson(), challenge);
    const answers = await Promise.all(Array.from({ length: 5 }, () => exchange(code, verifier)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect((await exchange(code, verifier)).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('needs the verifier of its challenge', async () => {
    const code = await codeOf(await signedInPerson(), pkce().challenge);
    expect((await exchange(code, pkce().verifier)).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('that comes again revokes what it gave', async () => {
    const { verifier, challenge } = pkce();
    const code = await codeOf(await signedInPerson(), challenge);
    const tokens = Tokens.parse((await exchange(code, verifier)).body);
    await exchange(code, verifier);
    expect(await self(tokens.access_token)).toBe(401);
    expect((await refresh(tokens.refresh_token)).status).toBe(400);
  });

  test("expires by the platform's time", async () => {
    const { verifier, challenge } = pkce();
    const code = await codeOf(await signedInPerson(), challenge);
    plane.advanceClock(61);
    expect((await exchange(code, verifier)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a refresh token', () => {
  test('gives new tokens, and is followed by another', async () => {
    const first = await tokensOf();
    const second = Tokens.parse((await refresh(first.refresh_token)).body);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await self(second.access_token)).toBe(200);
    expect((await refresh(second.refresh_token)).status).toBe(200);
  });

  test('counts again while the one that followed was not used: the answer may be lost, or not kept', async () => {
    const { refresh_token } = await tokensOf();
    for (let times = 0; times < 4; times += 1) expect((await refresh(refresh_token)).status).toBe(200);
  });

  test('that comes again after its follower was used ends everything of that sign-in, and of no other', async () => {
    const [first, other] = [await tokensOf(), await tokensOf()];
    const second = Tokens.parse((await refresh(first.refresh_token)).body);
    const third = Tokens.parse((await refresh(second.refresh_token)).body);
    expect((await refresh(first.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    for (const { access_token } of [first, second, third]) expect(await self(access_token)).toBe(401);
    expect((await refresh(third.refresh_token)).status).toBe(400);
    expect(await self(other.access_token)).toBe(200);
  });

  test('that was copied is found out when both copies have gone on', async () => {
    const { refresh_token } = await tokensOf();
    const mine = Tokens.parse((await refresh(refresh_token)).body);
    const thiefs = Tokens.parse((await refresh(refresh_token)).body);
    expect((await refresh(thiefs.refresh_token)).status).toBe(200);
    expect((await refresh(mine.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect(await self(thiefs.access_token)).toBe(401);
  });

  test('is revoked with its access tokens by its client', async () => {
    const { refresh_token, access_token } = await tokensOf();
    await plane.call('POST', '/oauth/revoke', undefined, form({ client_id: 'cli', token: refresh_token }));
    expect((await refresh(refresh_token)).status).toBe(400);
    expect(await self(access_token)).toBe(401);
  });

  test('ends after a quarter, and is swept', async () => {
    const { refresh_token } = await tokensOf();
    plane.advanceClock(90 * 86_400 + 1);
    expect((await refresh(refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    await plane.tick();
    const { ScanCommand } = await import('@aws-sdk/lib-dynamodb');
    const { Items = [] } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
    const kinds = new Set(Items.map((item) => item.__edb_e__));
    for (const kind of ['openidArtifact', 'grant', 'session', 'attempt', 'token']) {
      expect(kinds).not.toContain(kind);
    }
  });
});

describe('what is asked wrongly', () => {
  test.each([
    ['a client that there is not', { client_id: 'somebody' }],
    ['another address to go back to', { redirect_uri: 'https://evil.example/callback' }],
  ])('%s stays on a page of ours', async (_what, changed) => {
    const answer = await createPerson(plane).get(authorizePath(pkce().challenge, changed));
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
  });

  test.each([
    ['no challenge', { code_challenge: '' }],
    ['a plain challenge', { code_challenge_method: 'plain' }],
    ['a token in the address', { response_type: 'token' }],
  ])('%s leads back with an error and no code', async (_what, changed) => {
    const answer = await createPerson(plane).get(authorizePath(pkce().challenge, changed));
    const back = new URL(String(answer.headers.location));
    expect(back.searchParams.get('error') ?? back.hash).toMatch(/invalid_request|unsupported|unauthorized/);
    expect(back.searchParams.get('code')).toBeNull();
  });

  test('a confirmation in another browser, or one that another site sent, signs nobody in', async () => {
    const person = await signedInPerson();
    const here = await begin(person, pkce().challenge);
    const elsewhere = await (await signedInPerson()).submit(here, {});
    expect(elsewhere).toMatchObject({ status: 400, body: expect.stringContaining('another browser') });
    const foreign = await person.submit(here, {}, { origin: 'https://evil.example' });
    expect(foreign.headers.location).toBeUndefined();
    const silent = await person.submit(here, {}, {});
    expect(silent.headers.location).toBeUndefined();
  });

  test('a browser that was given the id of a confirmation, and no signature of ours, confirms nothing', async () => {
    const here = await begin(await signedInPerson(), pkce().challenge);
    const [, , uid = ''] = here.split('/');
    const victim = await signedInPerson();
    victim.setCookie('windsock_interaction', uid);
    expect(await victim.submit(here, {})).toMatchObject({
      status: 400,
      body: expect.stringContaining('another browser'),
    });
  });

  test('what was confirmed ends when its user signs out everywhere before it is gone on with', async () => {
    const { verifier, challenge } = pkce();
    const account = await signUp(plane);
    const [thief, victim] = [await signedInPerson(account), await signedInPerson(account)];
    const confirmed = await thief.submit(await begin(thief, challenge), {});
    expect(confirmed.status).toBe(303);
    await victim.submit('/signout/everywhere', {});
    const { headers } = await thief.get(pathOf(confirmed.headers.location));
    const code = new URL(String(headers.location), CALLBACK).searchParams.get('code') ?? '';
    expect((await exchange(code, verifier)).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('what is not confirmed is not gone on with', async () => {
    const person = await signedInPerson();
    const here = await begin(person, pkce().challenge);
    const { headers } = await person.get(here.replace('/confirm', ''));
    expect(String(headers.location)).not.toContain('code=');
  });
});

test('the table holds no code, no token and no cookie', async () => {
  const { verifier, challenge } = pkce();
  const person = await signedInPerson();
  const code = await codeOf(person, challenge);
  const first = Tokens.parse((await exchange(code, verifier)).body);
  const second = Tokens.parse((await refresh(first.refresh_token)).body);
  const { ScanCommand } = await import('@aws-sdk/lib-dynamodb');
  const { Items } = await plane.services.database.send(new ScanCommand({ TableName: 'windsock' }));
  const text = JSON.stringify(Items);
  const credentials = [first, second].flatMap(({ access_token, refresh_token }) => [
    access_token,
    refresh_token,
  ]);
  for (const credential of [code, person.cookie('windsock_session'), ...credentials]) {
    expect(text).not.toContain(credential);
  }
});
