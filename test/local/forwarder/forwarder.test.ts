import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWhole } from '../../../local/files.ts';
import { createForwarder } from '../../../local/forwarder/forwarder.ts';
import { openRoutes, type Routes } from '../../../local/forwarder/routes.ts';
import { echo, listen, type Running, upstream } from './support.ts';

const HOLD_MS = 60_000;
let folder: string;
let routes: Routes;
let forwarder: Running;
let running: Running[];
const problems: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forwarder-'));
  routes = openRoutes(join(folder, 'routes.json'), (message) => problems.push(message));
  forwarder = await listen(createForwarder(routes, HOLD_MS));
  running = [forwarder];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  routes.close();
  rmSync(folder, { recursive: true });
});

const route = (table: Record<string, string[]>) =>
  writeWhole(join(folder, 'routes.json'), JSON.stringify(table));
const start = async (listener = echo, port?: number) => {
  const server = await upstream(listener, port);
  running.push(server);
  return server;
};
const addressOf = (server: Running) => `127.0.0.1:${server.port}`;

describe('a request', () => {
  it('reaches the api-server of its namespace with path, method, headers and body as they came', async () => {
    const server = await start();
    route({ 'quasar-clear-1234': [addressOf(server)] });
    const answer = await fetch(`${forwarder.url}/quasar-clear-1234/api/v2/dags?limit=1&a=%2F..`, {
      method: 'POST',
      headers: { authorization: 'Bearer token', 'x-custom': 'one, two' },
      body: 'content',
    });
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      path: '/quasar-clear-1234/api/v2/dags?limit=1&a=%2F..',
      headers: { authorization: ['Bearer token'], 'x-custom': ['one, two'] },
      body: 'content',
    });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s of unknown length keeps its body', async (method) => {
    const server = await start();
    route({ ns: [addressOf(server)] });
    const body = await new Promise<string>((resolve, reject) => {
      const outgoing = httpRequest(`${forwarder.url}/ns/`, { method }, (answer) => {
        answer.setEncoding('utf8').once('data', resolve);
      });
      outgoing.once('error', reject).setHeader('transfer-encoding', 'chunked');
      outgoing.write('one ');
      outgoing.end('two');
    });
    expect(JSON.parse(body)).toMatchObject({ method, body: 'one two' });
  });

  it('does not pass on what concerns its connection only', async () => {
    const server = await start();
    route({ ns: [addressOf(server)] });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      httpRequest(
        `${forwarder.url}/ns/`,
        { headers: { connection: 'close, x-mine', 'x-mine': '1', te: 'trailers', 'x-other': '2' } },
        resolve,
      ).end();
    });
    let text = '';
    for await (const chunk of answer) text += chunk;
    const { headers } = JSON.parse(text);
    expect(headers).toMatchObject({ 'x-other': ['2'] });
    expect(headers).not.toHaveProperty('x-mine');
    expect(headers).not.toHaveProperty('te');
  });

  it('is answered as a stream, with several cookies', async () => {
    const server = await start((_, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.write('first');
    });
    route({ ns: [addressOf(server)] });
    const answer = await fetch(`${forwarder.url}/ns/`);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    await reader?.cancel();
  });

  it('goes to the other api-server when one of two is gone', async () => {
    const [gone, here] = [await start(), await start()];
    await gone.stop();
    route({ ns: [addressOf(gone), addressOf(here)] });
    for (let i = 0; i < 4; i++) expect((await fetch(`${forwarder.url}/ns/`)).status).toBe(200);
  });

  it('whose caller goes away is ended at the api-server too', async () => {
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const server = await start((request, response) => {
      request.resume();
      response.once('close', ended.resolve);
      asked.resolve();
    });
    route({ ns: [addressOf(server)] });
    const abort = new AbortController();
    const answer = fetch(`${forwarder.url}/ns/`, { signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(answer).rejects.toThrow();
    await ended.promise;
  });
});

describe('an api-server that restarts', () => {
  it('is not seen by a request: body and all, it waits', async () => {
    const before = await start();
    route({ ns: [addressOf(before)] });
    expect((await fetch(`${forwarder.url}/ns/`)).status).toBe(200);
    await before.stop();
    const waiting = Array.from({ length: 20 }, (_, i) =>
      fetch(`${forwarder.url}/ns/${i}`, {
        method: i % 2 === 0 ? 'POST' : 'GET',
        ...(i % 2 === 0 && { body: `${i}` }),
      }),
    );
    await delay(300);
    await start(echo, before.port);
    for (const [i, answer] of (await Promise.all(waiting)).entries()) {
      expect(await answer.json()).toMatchObject({ path: `/ns/${i}`, body: i % 2 === 0 ? `${i}` : '' });
    }
  });

  it('on another port is found by the changed routes file, at once', async () => {
    route({ ns: [] });
    const waiting = fetch(`${forwarder.url}/ns/`);
    await delay(50);
    const server = await start();
    route({ ns: [addressOf(server)] });
    expect((await waiting).status).toBe(200);
  });

  it('and does not come back is answered 503, in time', async () => {
    const holdMs = 1_000;
    const impatient = await listen(createForwarder(routes, holdMs));
    running.push(impatient);
    route({ nowhere: [] });
    const began = performance.now();
    const answer = await fetch(`${impatient.url}/nowhere/`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      statusCode: 503,
      message: expect.stringContaining('nowhere'),
    });
    expect(performance.now() - began).toBeGreaterThanOrEqual(holdMs);
  });

  it('that is stopped is answered 503 at once', async () => {
    const began = performance.now();
    const answer = await fetch(`${forwarder.url}/stopped/`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('stopped') });
    expect(performance.now() - began).toBeLessThan(HOLD_MS);
  });

  it('and dies before it answers is told: what it may have done is not repeated', async () => {
    let calls = 0;
    const server = await start((request) => {
      calls++;
      request.socket.destroy();
    });
    route({ ns: [addressOf(server)] });
    const answer = await fetch(`${forwarder.url}/ns/`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(502);
    expect(calls).toBe(1);
  });

  it('and dies while it reads for a request is asked again', async () => {
    const dying = await start((request) => request.socket.destroy());
    route({ ns: [addressOf(dying)] });
    const waiting = fetch(`${forwarder.url}/ns/`);
    await delay(300);
    await dying.stop();
    await start(echo, dying.port);
    expect((await waiting).status).toBe(200);
  });

  it('closes kept connections without a request lost', async () => {
    const server = createServer({ keepAliveTimeout: 1 }, echo);
    const bound = await listen(server);
    running.push(bound);
    route({ ns: [addressOf(bound)] });
    const agent = new Agent({ keepAlive: true });
    for (let i = 0; i < 30; i++) {
      expect((await fetch(`${forwarder.url}/ns/${i}`)).status).toBe(200);
      server.closeIdleConnections();
    }
    agent.destroy();
  });
});

describe('the routes file', () => {
  it('that cannot be read leaves the routes as they were and is told', async () => {
    const server = await start();
    route({ ns: [addressOf(server)] });
    expect((await fetch(`${forwarder.url}/ns/`)).status).toBe(200);
    writeWhole(join(folder, 'routes.json'), '{ broken');
    await expect.poll(() => problems).toContain('the routes file cannot be read');
    expect((await fetch(`${forwarder.url}/ns/`)).status).toBe(200);
  });
});

describe('a protocol switch', () => {
  it('carries bytes both ways', async () => {
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on('data', (frame: Buffer) => {
        const mask = frame.subarray(2, 6);
        const text = frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
        if ((frame[0] ?? 0) === 0x81) socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
        else socket.end();
      });
    });
    const bound = await listen(server);
    running.push(bound);
    route({ ns: [addressOf(bound)] });
    const socket = new WebSocket(`${forwarder.url.replace('http', 'ws')}/ns/socket`);
    const answer = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send('hello');
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
    });
    socket.close();
    expect(answer).toBe('hello');
  });

  it('that is refused is answered so', async () => {
    const server = await start((_, response) => response.writeHead(403).end('no'));
    route({ ns: [addressOf(server)] });
    const socket = connect(forwarder.port, '127.0.0.1');
    socket.write('GET /ns/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(text).toMatch(/no$/);
  });
});
