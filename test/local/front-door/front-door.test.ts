import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Authorize, askControlPlane, type Credential } from '../../../local/front-door/authorize.ts';
import { createFrontDoor } from '../../../local/front-door/front-door.ts';
import { type FrontDoorKeys, openFrontDoorKeys } from '../../../local/front-door/keys.ts';
import { type Listening, listenOnLoopback } from '../../../local/front-door/listen.ts';
import { echo, listen, type Running, upstream } from '../forwarder/support.ts';

const ns = 'solar-wind-a1b2c3';
let folder: string;
let keys: FrontDoorKeys;
let airflow: RequestListener;
let forwarder: Running;
let door: Listening;
let url: string;
let asked: { namespace: string; credential: Credential }[];
let authorize: Authorize;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'front-door-'));
  keys = await openFrontDoorKeys(folder);
  // What the door believes, or waits for, for five seconds does not end because the machine is slow.
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  airflow = echo;
  asked = [];
  authorize = async (namespace) => ({
    status: 'authorized',
    claims: { namespace, subject: 'ann@example.com', role: 'OP' },
  });
  forwarder = await upstream((request, response) => airflow(request, response));
  door = await listenOnLoopback(
    createFrontDoor({
      api: async (_, response) => void response.end('api'),
      local: async (_, response) => void response.end('local'),
      authorize: (namespace, credential) => {
        asked.push({ namespace, credential });
        return authorize(namespace, credential);
      },
      sign: keys.sign,
      forwarder: { host: '127.0.0.1', port: forwarder.port },
      onError: (message, error) => {
        throw new Error(message, { cause: error });
      },
    }),
    0,
  );
  url = `http://localhost:${door.port}`;
});
afterEach(async () => {
  await door.close();
  await forwarder.stop();
});

const bearer = { authorization: 'Bearer platform-token' };
/** What an Airflow says of the whole origin, which every deployment has, beside a header of its own. */
const OF_THE_ORIGIN = {
  'set-cookie': ['_token=x', 'windsock_session=fixed'],
  'clear-site-data': '"*"',
  'service-worker-allowed': '/',
  'x-other': '1',
};
const cookie = { cookie: 'a=b; windsock_session=s3ss10n; _token=forged' };

describe('a request with a token', () => {
  it('reaches Airflow with a token for that deployment, and without what the caller sent', async () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = await fetch(`${url}/${ns}/api/v2/dags?limit=5`, {
      method: 'POST',
      body: '{"a":1}',
      headers: {
        ...bearer,
        ...cookie,
        forwarded: 'for=1.2.3.4',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-prefix': '/evil',
        'x-real-ip': '1.2.3.4',
        'x-windsock-front-door': 'guess',
        'content-type': 'application/json',
      },
    });
    const seen = z
      .looseObject({ headers: z.record(z.string(), z.array(z.string())) })
      .parse(await answer.json());
    expect(seen).toMatchObject({ method: 'POST', path: `/${ns}/api/v2/dags?limit=5`, body: '{"a":1}' });
    const { authorization, ...headers } = seen.headers;
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'accept-language',
      'connection',
      'content-length',
      'content-type',
      'host',
      'sec-fetch-mode',
      'user-agent',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ]);
    expect(headers).toMatchObject({ host: [`localhost:${door.port}`], 'x-forwarded-proto': ['http'] });
    expect(String(headers['x-forwarded-for'])).toMatch(/127\.0\.0\.1|::1/);

    const token = String(authorization).replace('Bearer ', '');
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.jwks), {
      issuer: 'windsock',
      audience: ns,
      algorithms: ['EdDSA'],
    });
    expect(payload).toMatchObject({ sub: 'ann@example.com', role: 'OP' });
    expect(payload.exp).toBeGreaterThanOrEqual(before + 300);
    expect(payload.exp).toBeLessThanOrEqual(Date.now() / 1000 + 300);
  });

  it('waits for a forwarder that starts again', async () => {
    await forwarder.stop();
    const waiting = fetch(`${url}/${ns}/`, { method: 'POST', body: 'kept', headers: bearer });
    await delay(300);
    forwarder = await upstream((request, response) => airflow(request, response), forwarder.port);
    expect(await (await waiting).json()).toMatchObject({ body: 'kept' });
  });

  it('is answered without what a browser would take as of every deployment', async () => {
    airflow = (_, response) => response.writeHead(200, OF_THE_ORIGIN).end('page');
    const answer = await fetch(`${url}/${ns}/`, { headers: bearer });
    for (const name of Object.keys(OF_THE_ORIGIN)) {
      expect(answer.headers.get(name), name).toBe(name === 'x-other' ? '1' : null);
    }
  });

  it('is asked about once for the many requests of a page, and again for another deployment or token', async () => {
    const get = (path: string, authorization: string) =>
      fetch(`${url}${path}`, { headers: { authorization } });
    await Promise.all(Array.from({ length: 20 }, () => get(`/${ns}/`, 'Bearer one')));
    expect(asked.length).toBe(1);
    await get('/lunar-wind-a1b2c3/', 'Bearer one');
    await get(`/${ns}/`, 'Bearer two');
    expect(asked.map(({ namespace }) => namespace)).toEqual([ns, 'lunar-wind-a1b2c3', ns]);
  });

  it.each([401, 403, 404, 503])(
    'that is denied with %i is answered so, and asked about again',
    async (statusCode) => {
      authorize = async () => ({ status: 'denied', statusCode, message: 'Because.' });
      for (let i = 0; i < 2; i++) {
        const answer = await fetch(`${url}/${ns}/`, { headers: { ...bearer, accept: 'text/html' } });
        expect(answer.status).toBe(statusCode);
        expect(await answer.json()).toEqual({
          message: 'Because.',
          statusCode,
          requestId: expect.any(String),
        });
      }
      expect(asked.length).toBe(2);
    },
  );
});

describe('a browser', () => {
  const page = { accept: 'text/html,*/*' };

  it('that has not signed in is sent to sign in, and back', async () => {
    const answer = await fetch(`${url}/${ns}/dags?a=b`, { headers: page, redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/signin?next=${encodeURIComponent(`/${ns}/dags?a=b`)}`);
    expect((await fetch(`${url}/${ns}/ui/config`)).status).toBe(401);
  });

  it('whose session has ended is sent to sign in', async () => {
    authorize = async () => ({ status: 'denied', statusCode: 401, message: 'Ended.' });
    const answer = await fetch(`${url}/${ns}/`, { headers: { ...page, ...cookie }, redirect: 'manual' });
    expect(answer.status).toBe(303);
  });

  it('comes in by its session', async () => {
    const answer = await fetch(`${url}/${ns}/`, { headers: { ...page, ...cookie } });
    expect(answer.status).toBe(200);
    expect(asked[0]?.credential).toEqual({ kind: 'session', session: 's3ss10n' });
  });

  it.each([
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'http://localhost:1' }, 403],
    [{ origin: 'null' }, 403],
    [{}, 403],
    ['own', 200],
  ])('that changes something from a page of %j is answered %i', async (origin, status) => {
    const sent = origin === 'own' ? { origin: url } : origin;
    const answer = await send('POST', `/${ns}/api/v2/dags`, { ...cookie, ...sent });
    expect(answer.statusCode).toBe(status);
  });
});

describe('every other path', () => {
  it('goes to the API, or to this machine’s own', async () => {
    expect(await (await fetch(`${url}/v1/organizations`)).text()).toBe('api');
    expect(await (await fetch(`${url}/_local/mail`)).text()).toBe('local');
  });

  it('that only tasks and workers may use is not there', async () => {
    for (const path of ['execution/health', 'edge_worker/v1/worker/x', '%65xecution/health']) {
      expect((await send('GET', `/${ns}/${path}`, bearer)).statusCode).toBe(404);
    }
    expect(asked).toEqual([]);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io:8888'])(
    'of the host %s is refused',
    async (host) => {
      for (const path of ['/v1/organizations', '/_local/mail', `/${ns}/`]) {
        expect((await send('GET', path, { ...bearer, host })).statusCode).toBe(403);
      }
    },
  );

  it('is served on both loopback addresses', async () => {
    expect((await fetch(`http://127.0.0.1:${door.port}/v1`)).status).toBe(200);
    expect((await fetch(`http://[::1]:${door.port}/v1`)).status).toBe(200);
  });
});

describe('a protocol switch', () => {
  it.each([
    [`/${ns}/socket`, '', 'HTTP/1.1 401'],
    [`/${ns}/execution/x`, 'Authorization: Bearer x\r\n', 'HTTP/1.1 404'],
    [`/${ns}/socket`, 'Cookie: windsock_session=x\r\nOrigin: http://evil.example\r\n', 'HTTP/1.1 403'],
    [`/${ns}/socket`, 'Authorization: Bearer x\r\n', 'HTTP/1.1 200'],
  ])('to %s with %j is answered %s', async (path, headers, status) => {
    const socket = connect(door.port, '127.0.0.1');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text.startsWith(status)).toBe(true);
  });

  it.each(['switches', 'does not'])('that %s is answered without them, too', async (does) => {
    airflow = (_, response) => response.writeHead(200, OF_THE_ORIGIN).end('page');
    if (does === 'switches') {
      await forwarder.stop();
      const server = createServer();
      forwarder = await listen(server, forwarder.port);
      server.on('upgrade', (_, upgraded) => {
        const own = Object.entries(OF_THE_ORIGIN)
          .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`))
          .join('');
        const switching = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n';
        upgraded.end(`HTTP/1.1 101 Switching Protocols\r\n${switching}${own}\r\npage`);
      });
    }
    const socket = connect(door.port, '127.0.0.1');
    socket.write(
      `GET /${ns}/socket HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    const [head = '', body] = text.split('\r\n\r\n');
    const names = head.split('\r\n').map((line) => line.split(':')[0]?.toLowerCase());
    expect(names.filter((name) => name !== undefined && name in OF_THE_ORIGIN)).toEqual(['x-other']);
    expect(body).toContain('page');
    if (does !== 'switches') return;
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols/);
    expect(names).toEqual(expect.arrayContaining(['connection', 'upgrade', 'sec-websocket-accept']));
  });
});

describe('the signing key', () => {
  it('is made once and readable by its owner only', async () => {
    const again = await openFrontDoorKeys(folder);
    expect(again.jwks).toEqual(keys.jwks);
    expect(Object.keys(keys.jwks.keys[0] ?? {}).sort()).toEqual(['crv', 'kid', 'kty', 'x']);
    expect(statSync(join(folder, 'front-door.json')).mode & 0o777).toBe(0o600);
  });
});

describe('the question to the control plane', () => {
  const ask = async (answer: RequestListener) => {
    const problems: string[] = [];
    const api = await upstream(answer);
    const question = askControlPlane({
      origin: api.url,
      secret: 'front-door-secret',
      onError: (message) => problems.push(message),
    });
    const verdict = await question(ns, { kind: 'session', session: 's' });
    await api.stop();
    return { verdict, problems };
  };

  it('shows the credential and the front door’s own secret', async () => {
    let seen: { headers: IncomingMessage['headers']; body: unknown } | undefined;
    const { verdict } = await ask(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      seen = { headers: request.headers, body: JSON.parse(text) };
      response.end(
        JSON.stringify({
          deploymentId: 'd',
          subject: 'ann',
          role: 'ADMIN',
          expiresAt: '2026-01-01T00:00:00Z',
        }),
      );
    });
    expect(verdict).toEqual({
      status: 'authorized',
      claims: { namespace: ns, subject: 'ann', role: 'ADMIN' },
    });
    expect(seen?.headers['x-windsock-front-door']).toBe('front-door-secret');
    expect(seen?.body).toEqual({ namespace: ns, session: 's' });
  });

  it.each([
    [404, '{"message":"No such deployment."}', { statusCode: 404, message: 'No such deployment.' }, 0],
    [500, '{"message":"Internal"}', { statusCode: 503 }, 1],
    [200, '{"role":"ROOT"}', { statusCode: 503 }, 1],
    [200, 'not json', { statusCode: 503 }, 1],
  ])('answered %i %s denies', async (status, body, denial, problems) => {
    const result = await ask((_, response) => response.writeHead(status).end(body));
    expect(result.verdict).toMatchObject({ status: 'denied', ...denial });
    expect(result.problems.length).toBe(problems);
  });
});

/** A request as it is, which fetch would change: any path, Host and Origin. */
function send(method: string, path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({
      host: '127.0.0.1',
      port: door.port,
      method,
      path,
      headers: { host: `localhost:${door.port}`, ...headers },
    })
      .once('response', (answer) => resolve(answer.resume()))
      .once('error', reject)
      .end();
  });
}
