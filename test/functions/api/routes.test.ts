import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../functions/api/table.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let stranger: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Owner');
  stranger = await signUp(plane, 'Stranger');
  await plane.tick();
});
afterAll(() => plane.stop());

/** The route's path with the ids of things that exist; what none of them is called gets an id of nothing. */
async function pathOf(path: string): Promise<string> {
  const organizationId = owner.organization.id;
  const { data } = await plane.services
    .store(organizationId)
    .entities.deployment.query.primary({ organizationId })
    .go();
  const ids: Record<string, string | undefined> = {
    organizationId,
    workspaceId: owner.workspace.id,
    deploymentId: data[0]?.deploymentId,
    clusterId: 'test',
  };
  return path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `c${'0'.repeat(24)}`);
}

const name = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const guarded = routes.filter(({ access }) => !['public', 'signed-url'].includes(access.kind));
const ofOrganizations = routes.filter(({ path }) => path.includes('/organizations/{organizationId}'));

describe('the route table', () => {
  test('has each operation and each path once', () => {
    const operations = routes.map(({ operation }) => operation);
    expect(operations).toEqual([...new Set(operations)]);
    const paths = routes.map((route) => name(route).replace(/\{\w+\}/g, '{}'));
    expect(paths).toEqual([...new Set(paths)]);
  });

  test('asks a permission on everything of an organization, but for what is signed or the operator does', () => {
    const other = ofOrganizations.filter(
      ({ access }) => !['permission', 'operator', 'signed-url'].includes(access.kind),
    );
    expect(other.map(name)).toEqual([]);
  });

  test('shows in public only what must be', () => {
    expect(routes.filter(({ access }) => access.kind === 'public').map(name)).toEqual([
      'GET /',
      'GET /healthz',
      'POST /v1alpha1/signups',
      'POST /v1alpha1/signups/{signupId}/verify',
      'GET /signin',
      'POST /signin',
      'GET /signout',
      'POST /signout',
      'GET /.well-known/openid-configuration',
      'GET /oauth/jwks',
      'GET /authorize',
      'GET /authorize/{uid}',
      'POST /oauth/token',
      'POST /oauth/revoke',
      'GET /authorize/{uid}/confirm',
      'POST /authorize/{uid}/confirm',
      'GET /signup',
      'POST /signup',
      'GET /signup/{signupId}',
      'POST /signup/{signupId}',
      'GET /password/forgotten',
      'POST /password/forgotten',
      'GET /password/reset',
      'POST /password/reset',
      'GET /invites/accept',
      'POST /invites/accept',
      'GET /account',
      'POST /account/password',
      'POST /signout/everywhere',
      'GET /private/v1alpha1/cli/auth-config',
      'POST /v1alpha1/invites/find',
      'POST /v1alpha1/invites/accept',
      'GET /openapi.json',
      'GET /docs',
    ]);
  });
});

describe.each(guarded.map((route) => [name(route), route] as const))('%s', (_, route) => {
  test.each([
    ['no token', undefined],
    ['a token that is none', 'nonsense'],
    ['a JWT of somebody else', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.'],
  ])('with %s answers 401', async (_what, token) => {
    const { status, body } = await plane.call(route.method, await pathOf(route.path), {}, { token });
    expect(status).toBe(401);
    expect(body).toEqual({ message: expect.any(String), requestId: expect.any(String), statusCode: 401 });
  });
});

describe.each(
  ofOrganizations
    .filter(({ access }) => access.kind === 'permission')
    .map((route) => [name(route), route] as const),
)("%s of another tenant's", (_, route) => {
  test('answers 404, whatever the body is', async () => {
    const { status } = await plane.call(
      route.method,
      await pathOf(route.path),
      {},
      { token: stranger.token },
    );
    expect(status).toBe(404);
  });
});

describe.each(
  routes
    .filter(({ body, access }) => typeof body !== 'string' && access.kind !== 'front-door')
    .map((route) => [name(route), route] as const),
)('the body of %s', (_, route) => {
  const send = async (raw: string | Buffer) =>
    await plane.call(route.method, await pathOf(route.path), undefined, {
      raw,
      token: route.access.kind === 'operator' ? plane.secret.operatorToken : owner.token,
    });
  const field = (body: unknown) =>
    (body as { fieldErrors?: { field: string }[] }).fieldErrors?.map((error) => error.field);

  test.each([
    ['broken', '{"name": '],
    ['missing', ''],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a list', '[]'],
    ['a number', '7'],
    ['null', 'null'],
  ])('that is %s is refused and named', async (_what, raw) => {
    const { status, body } = await send(raw);
    expect({ status, field: field(body) }).toEqual({ status: 400, field: ['body'] });
  });

  test('with a field that there is not is refused and named', async () => {
    const { status, body } = await send('{"noSuchField": 1}');
    expect(status).toBe(400);
    expect(field(body)).toContain('noSuchField');
  });

  test('that is huge is refused before it is read', async () => {
    const { status, body } = await send(JSON.stringify({ name: 'x'.repeat(2 * 1024 * 1024) }));
    expect({ status, field: field(body) }).toEqual({ status: 413, field: ['body'] });
  });
});

/** Those that ask for no session, link or sign-in before they look where they come from. */
const forms = ['/signin', '/signup', '/signup/{signupId}', '/password/forgotten'];

describe.each(
  routes
    .filter(({ method, path }) => method === 'POST' && forms.includes(path))
    .map((route) => [name(route), route] as const),
)('the form of %s', (_, route) => {
  test.each(['https://evil.example', 'null', undefined])('counts not from %s', async (origin) => {
    const { status, cookies } = await plane.call(route.method, await pathOf(route.path), undefined, {
      raw: 'email=somebody%40example.com&password=correct+horse',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(origin === undefined ? {} : { origin }),
      },
    });
    expect(status).toBe(403);
    expect(cookies).toEqual([]);
  });
});

describe('the API', () => {
  test('leads a browser from / to its account, and tells everybody else where to begin', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const browser = await plane.call('GET', '/', undefined, { headers: { accept } });
    expect(browser).toMatchObject({ status: 303, headers: { location: '/account' } });
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
      expect(await plane.call('GET', '/', undefined, { headers })).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: {
          statusCode: 404,
          message:
            'There is nothing here for programs: the API is described at http://localhost:8888/openapi.json. In a browser this address leads to the pages.',
        },
      });
    }
  });

  test.each(['/', '/v1', '/v1/nothing', '/v1/organizations/', '/v1/organizations/%E0%A4%A'])(
    'has nothing at GET %s',
    async (path) => {
      const { status, body } = await plane.call('GET', path, undefined, { token: owner.token });
      expect({ status, body }).toMatchObject({ status: 404, body: { statusCode: 404 } });
    },
  );

  test('names the methods of a path when it is asked for another', async () => {
    const answer = await plane.call('GET', '/v1alpha1/signups');
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' }, body: { statusCode: 405 } });
    const workspace = await plane.call('PATCH', `${owner.path}/workspaces/x`);
    expect(workspace.headers.allow).toBe('GET, POST, DELETE');
  });

  test('answers every request with its id', async () => {
    const ok = await plane.call('GET', '/v1/users/self', undefined, { token: owner.token });
    const wrong = await plane.call('GET', '/nothing');
    expect(ok.headers['x-request-id']).toEqual(expect.any(String));
    expect(wrong.headers['x-request-id']).toBe((wrong.body as { requestId: string }).requestId);
  });

  test('names a query parameter that there is not', async () => {
    const { status, body } = await plane.call('GET', `${owner.path}/workspaces?limt=3`, undefined, {
      token: owner.token,
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ fieldErrors: [{ field: 'limt' }] });
  });

  test.each(['', ' 1', '1.5', '0x10', '1e2', 'true', '-1', '9'.repeat(30)])(
    'takes a whole number and not "%s"',
    async (offset) => {
      const path = `${owner.path}/workspaces?offset=${encodeURIComponent(offset)}`;
      const answer = await plane.call('GET', path, undefined, { token: owner.token });
      expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'offset' }] } });
    },
  );

  const long = 'x'.repeat(3000);
  test.each([
    ['POST', '/deployments', { name: 'x', workspaceId: long }, 'workspaceId'],
    [
      'POST',
      '/tokens',
      { name: 'x', scope: 'WORKSPACE', entityId: long, role: 'WORKSPACE_OWNER' },
      'entityId',
    ],
    ['GET', `/users?deploymentId=${long}`, undefined, 'deploymentId'],
    ['GET', `/tokens?deploymentId=${long}`, undefined, 'deploymentId'],
  ])('refuses an id that is too long to be one: %s %.12s', async (method, path, body, field) => {
    const answer = await plane.call(method, `${owner.path}${path}`, body, { token: owner.token });
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } });
  });

  test('names the sources of logs that there are, of one that there is not', async () => {
    const path = await pathOf('/v1/organizations/{organizationId}/deployments/{deploymentId}/logs');
    const { body } = await plane.call('GET', `${path}?sources=nonsense`, undefined, { token: owner.token });
    expect(body).toMatchObject({
      fieldErrors: [{ field: 'sources', message: expect.stringContaining('"scheduler"|"dag-processor"|') }],
    });
  });

  test('refuses an id of a search whose end is before its start', async () => {
    const path = `${await pathOf('/v1/organizations/{organizationId}/deployments/{deploymentId}/logs')}`;
    const query = 'sources=scheduler&searchId=2-1';
    const answer = await plane.call('GET', `${path}?${query}`, undefined, { token: owner.token });
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'endDate' }] } });
  });

  test('refuses a token after its 90 days', async () => {
    const account = await signUp(plane);
    const self = () => plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect((await self()).status).toBe(200);
    plane.advanceClock(90 * 86_400 + 1);
    const expired = await self();
    expect(expired).toMatchObject({ status: 401, body: { message: expect.stringContaining('expired') } });
    plane.advanceClock(-90 * 86_400 - 1);
  });

  test('refuses a revoked token within seconds', async () => {
    const account = await signUp(plane);
    const self = () => plane.call('GET', '/v1/users/self', undefined, { token: account.token });
    expect((await self()).status).toBe(200);
    const { data } = await plane.services.globalStore.entities.token.query
      .primary({ userId: account.user.id })
      .go();
    for (const { userId, tokenId } of data) {
      await plane.services.globalStore.entities.token.delete({ userId, tokenId }).go();
    }
    plane.advanceClock(4);
    expect((await self()).status).toBe(401);
  });
});
