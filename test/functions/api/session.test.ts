import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { localPath } from '../../../core/session/local-path.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { createPerson } from '../../support/person.ts';

let plane: ControlPlane;
let owner: Account;
let namespace: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  await plane.tick();
  const organizationId = owner.organization.id;
  const { data } = await plane.services
    .store(organizationId)
    .entities.deployment.query.primary({ organizationId })
    .go();
  const [deployment] = data;
  if (deployment === undefined) throw new Error('The trial has no deployment');
  namespace = deployment.namespace;
  const { deploymentId } = deployment;
  await plane.services.globalStore.entities.namespace
    .create({ namespace, organizationId, deploymentId })
    .go();
});
afterAll(() => plane.stop());

async function link(account = owner): Promise<string> {
  const { body } = await plane.call('POST', '/v1alpha1/signin-links', undefined, { token: account.token });
  const { url } = z.object({ url: z.string() }).parse(body);
  return url.replace('http://localhost:8888', '');
}

async function signIn(account = owner): Promise<string> {
  const { cookies } = await plane.call('GET', await link(account));
  return /^windsock_session=([^;]+)/.exec(String(cookies[0]))?.[1] ?? '';
}

/** Where a page's form is sent. */
function actionOf({ body }: Answer): string {
  return (/action="([^"]+)"/.exec(String(body))?.[1] ?? '').replaceAll('&#38;', '&');
}

const authorize = (body: unknown, credential = plane.secret.frontDoorToken) =>
  plane.call('POST', '/private/v1alpha1/front-door/authorize', body, {
    headers: { 'x-windsock-front-door': credential },
  });

describe('a sign-in link', () => {
  test('begins a session in a cookie that scripts and other sites do not get', async () => {
    const { status, headers, cookies } = await plane.call('GET', `${await link()}&next=/${namespace}/dags`);
    expect({ status, location: headers.location }).toEqual({ status: 303, location: `/${namespace}/dags` });
    expect(cookies).toEqual([
      expect.stringMatching(/^windsock_session=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=43200$/),
    ]);
  });

  test('works once, also when it is used many times at once', async () => {
    const path = await link();
    const answers = await Promise.all(Array.from({ length: 10 }, () => plane.call('GET', path)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ body }) => String(body).includes('has been used'))).toHaveLength(9);
  });

  test('ends after ten minutes', async () => {
    const path = await link();
    plane.advanceClock(601);
    const { status, cookies } = await plane.call('GET', path);
    expect(status).toBe(200);
    expect(cookies).toEqual([]);
  });

  describe.each([
    ['that another site leads to', { 'sec-fetch-site': 'cross-site' }],
    ['that a neighbouring site leads to', { 'sec-fetch-site': 'same-site' }],
    ['that another page of this site leads to', { 'sec-fetch-site': 'same-origin' }],
  ])('%s', (_what, headers) => {
    test('asks first whether to sign in as its user', async () => {
      const path = `${await link()}&next=/${namespace}/dags`;
      const question = await plane.call('GET', path, undefined, { headers });
      expect(question).toMatchObject({ status: 200, cookies: [] });
      expect(question.body).toContain(owner.email);
      const person = createPerson(plane);
      const foreign = await person.submit(actionOf(question), {}, { origin: 'https://evil.example' });
      expect(foreign).toMatchObject({ status: 200, cookies: [] });
      const answer = await person.submit(actionOf(question), {});
      expect(answer).toMatchObject({ status: 303, headers: { location: `/${namespace}/dags` } });
      expect(answer.cookies).toHaveLength(1);
    });
  });

  test('opened by hand signs in at once, also who is signed in with the same account', async () => {
    const headers = { 'sec-fetch-site': 'none' };
    for (const cookies of [[], [`windsock_session=${await signIn()}`]]) {
      const answer = await plane.call('GET', await link(), undefined, { headers, cookies });
      expect(answer).toMatchObject({ status: 303, cookies: [expect.any(String)] });
    }
  });

  test('of another account asks first who is signed in, and tells both', async () => {
    const stranger = await signUp(plane);
    const person = createPerson(plane);
    await person.get(await link());
    const question = await person.get(await link(stranger));
    expect(question).toMatchObject({ status: 200, cookies: [] });
    for (const email of [owner.email, stranger.email]) expect(question.body).toContain(email);
    expect((await person.get('/account')).body).toContain(owner.email);
    expect((await person.submit(actionOf(question), {})).status).toBe(303);
    expect((await person.get('/account')).body).toContain(stranger.email);
    expect((await person.submit(actionOf(question), {})).body).toContain('has been used');
  });

  test('needs a token to be made', async () => {
    expect((await plane.call('POST', '/v1alpha1/signin-links')).status).toBe(401);
  });

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/a\nb',
    '/\t/evil.example',
    '',
  ])('does not lead to %j', (next) => {
    expect(localPath(next)).toBe('/account');
  });
});

/** What a browser says of a link on a page of the same address. */
const OWN_LINK = { 'sec-fetch-site': 'same-origin' };

describe('signing out', () => {
  test('ends the session, takes the cookie away and leads to the sign-in page', async () => {
    const session = await signIn();
    const other = await signIn();
    const answer = await plane.call('GET', '/signout', undefined, {
      cookies: ['theme=dark', `windsock_session=${session}`],
      headers: OWN_LINK,
    });
    expect(answer).toMatchObject({ status: 303, headers: { location: '/signin' } });
    expect(answer.cookies).toEqual(['windsock_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0']);
    expect((await authorize({ namespace, session })).status).toBe(401);
    expect((await authorize({ namespace, session: other })).status).toBe(200);
  });

  test('works without a session, and with one that has ended', async () => {
    for (const cookies of [[], ['windsock_session=ended']]) {
      const answer = await plane.call('GET', '/signout', undefined, { cookies, headers: OWN_LINK });
      expect(answer.status).toBe(303);
    }
  });
});

describe('the front door', () => {
  test('lets an owner in as admin, by token and by session', async () => {
    const expected = { role: 'ADMIN', subject: owner.email, deploymentId: expect.stringMatching(/^c/) };
    const byToken = await authorize({ namespace, authorization: `Bearer ${owner.token}` });
    expect(byToken).toMatchObject({ status: 200, body: expected });
    const bySession = await authorize({ namespace, session: await signIn() });
    expect(bySession).toMatchObject({ status: 200, body: expected });
  });

  test('lets nobody else in', async () => {
    const stranger = await signUp(plane);
    expect((await authorize({ namespace })).status).toBe(401);
    expect((await authorize({ namespace, session: 'no-session' })).status).toBe(401);
    expect((await authorize({ namespace, authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await authorize({ namespace, authorization: `Bearer ${stranger.token}` })).status).toBe(404);
    expect((await authorize({ namespace, session: await signIn(stranger) })).status).toBe(404);
    const nowhere = { namespace: 'no-such-place', authorization: `Bearer ${owner.token}` };
    expect((await authorize(nowhere)).status).toBe(404);
  });

  test('gives each role of a workspace its role in Airflow', async () => {
    const organizationId = owner.organization.id;
    const guest = await signUp(plane);
    const { member } = plane.services.store(organizationId).entities;
    const { data: template } = await member.get({ organizationId, userId: owner.user.id }).go();
    if (template === null) throw new Error('The owner is no member');
    const roleOf = async (
      role: 'WORKSPACE_OPERATOR' | 'WORKSPACE_AUTHOR' | 'WORKSPACE_MEMBER' | 'WORKSPACE_ACCESSOR',
    ) => {
      const roles = { workspaces: { [owner.workspace.id]: role }, deployments: {} };
      await member.put({ ...template, userId: guest.user.id, roles }).go();
      const { status, body } = await authorize({ namespace, authorization: `Bearer ${guest.token}` });
      return status === 200 ? (body as { role: string }).role : status;
    };
    expect(await roleOf('WORKSPACE_OPERATOR')).toBe('OP');
    expect(await roleOf('WORKSPACE_AUTHOR')).toBe('USER');
    expect(await roleOf('WORKSPACE_MEMBER')).toBe('VIEWER');
    expect(await roleOf('WORKSPACE_ACCESSOR')).toBe(404);
  });

  test('closes to an API token at once when its role is taken, or it is deleted', async () => {
    const { path, token } = owner;
    const made = { name: 'ci', scope: 'WORKSPACE', entityId: owner.workspace.id, role: 'WORKSPACE_AUTHOR' };
    const answer = await plane.call('POST', `${path}/tokens`, made, { token });
    const { id, token: text } = z.object({ id: z.string(), token: z.string() }).parse(answer.body);
    const comesIn = () => authorize({ namespace, authorization: `Bearer ${text}` });
    expect(await comesIn()).toMatchObject({ status: 200, body: { role: 'USER' } });
    const less = {
      roles: [{ entityType: 'WORKSPACE', entityId: owner.workspace.id, role: 'WORKSPACE_ACCESSOR' }],
    };
    expect((await plane.call('POST', `${path}/tokens/${id}/roles`, less, { token })).status).toBe(200);
    expect((await comesIn()).status).toBe(404);
    expect((await plane.call('DELETE', `${path}/tokens/${id}`, undefined, { token })).status).toBe(204);
    expect((await comesIn()).status).toBe(401);
  });

  test('ends a session after 12 hours', async () => {
    const session = await signIn();
    plane.advanceClock(12 * 3600 + 1);
    expect((await authorize({ namespace, session })).status).toBe(401);
  });

  test('is asked by nobody but itself', async () => {
    const answer = await authorize({ namespace, authorization: `Bearer ${owner.token}` }, 'guess');
    expect(answer.status).toBe(401);
  });
});
