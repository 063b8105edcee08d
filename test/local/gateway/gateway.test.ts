import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { gateway } from '../../../local/gateway/gateway.ts';
import {
  createFolder,
  listen,
  startEndpoints,
  type TestEndpoints,
  testFunction,
} from '../support/endpoints.ts';

const folder = createFolder();
let endpoints: TestEndpoints;
let server: Server;
let url: string;

beforeAll(async () => {
  endpoints = await startEndpoints(folder, {
    functions: [
      { ...testFunction('api', 'behave', { kind: 'http' }), handler: 'test/local/support/handlers/http.ts' },
    ],
  });
  const { host, clock } = endpoints;
  const answer = gateway({ host, functionName: 'api', clock, onError: () => undefined });
  server = createServer((incoming, response) => void answer(incoming, response));
  url = await listen({ ...endpoints, server });
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await endpoints.close();
  folder.remove();
});

const received = z.looseObject({
  headers: z.record(z.string(), z.string()),
  requestContext: z.looseObject({ requestId: z.string(), timeEpoch: z.number() }),
  isBase64Encoded: z.boolean(),
  body: z.string().optional(),
});
const eventOf = async (path: string, init: RequestInit = {}) =>
  received.parse(await (await fetch(`${url}${path}`, init)).json());

test('a request is an event of payload format 2.0', async () => {
  const event = await eventOf('/v1/echo/a%20b?x=1&x=2&empty=', {
    method: 'PUT',
    headers: {
      'Content-Type': 'application/json',
      'X-Custom': 'Ü'.normalize('NFD').slice(0, 1),
      cookie: 'a=1; b=2',
    },
    body: '{"n":1}',
  });
  expect(event).toMatchObject({
    version: '2.0',
    rawPath: '/v1/echo/a%20b',
    rawQueryString: 'x=1&x=2&empty=',
    queryStringParameters: { x: '1,2', empty: '' },
    cookies: ['a=1', 'b=2'],
    headers: { 'content-type': 'application/json', 'x-custom': 'U' },
    body: '{"n":1}',
    isBase64Encoded: false,
    requestContext: { http: { method: 'PUT', path: '/v1/echo/a%20b', sourceIp: '127.0.0.1' } },
  });
  expect(event.headers).not.toHaveProperty('cookie');
  expect(event.requestContext.requestId).toMatch(/^[\da-f-]{36}$/);
});

test("an event's time is the platform's clock's", async () => {
  endpoints.clock.advance(86_400_000);
  const before = endpoints.clock.now();
  const { requestContext } = await eventOf('/echo');
  expect(requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
  expect(requestContext.timeEpoch).toBeLessThanOrEqual(endpoints.clock.now());
});

test('a body that is no text comes in base64', async () => {
  const bytes = new Uint8Array([0, 255, 10, 13]);
  const event = await eventOf('/echo', {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/gzip' },
  });
  expect([event.isBase64Encoded, event.body]).toEqual([true, Buffer.from(bytes).toString('base64')]);
});

test("the function's answer is the response, cookies and bytes included", async () => {
  const response = await fetch(`${url}/teapot`);
  expect(response.status).toBe(418);
  expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
  expect(response.headers.get('x-kind')).toBe('tea');
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255]));
});

test('HEAD has no body', async () => {
  const response = await fetch(`${url}/teapot`, { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([418, '']);
});

test.each(['/throws', '/nonsense'])(
  'a function that fails is answered 500 and nothing else: %s',
  async (path) => {
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      message: 'Internal Server Error',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      statusCode: 500,
    });
  },
);

test('a request that is broken off harms nothing', async () => {
  const outgoing = request(url, { method: 'POST', path: '/echo', headers: { 'content-length': 100 } });
  outgoing.on('error', () => undefined);
  outgoing.write('part');
  await once(server, 'request');
  outgoing.destroy();
  expect((await fetch(`${url}/teapot`)).status).toBe(418);
});

test.each([
  ['that says so', { 'content-length': String(7 * 1024 * 1024) }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
])('a body larger than Lambda takes is answered 413: %s', async (_how, headers) => {
  const outgoing = request(url, { method: 'POST', path: '/echo', headers });
  outgoing.on('error', () => undefined);
  const chunk = Buffer.alloc(64 * 1024);
  let sending = true;
  const send = () => {
    while (sending && outgoing.write(chunk));
    if (sending) outgoing.once('drain', send);
  };
  send();
  const [response] = await once(outgoing, 'response');
  sending = false;
  expect(response.statusCode).toBe(413);
  const chunks = await response.toArray();
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({
    statusCode: 413,
    requestId: expect.any(String),
  });
  outgoing.destroy();
});
