import { createServer, request, type Server } from 'node:http';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { localRoutes } from '../../../local/gateway/local-routes.ts';
import {
  as,
  createFolder,
  type Folder,
  listen,
  startEndpoints,
  type TestEndpoints,
  testFunction,
} from '../support/endpoints.ts';

const functions = [testFunction('clock', 'record', { kind: 'schedule', rate: 'rate(1 minute)' })];
let folder: Folder;
let endpoints: TestEndpoints;
let server: Server;
let url: string;

async function start() {
  endpoints = await startEndpoints(folder, { functions });
  const answer = localRoutes(endpoints);
  server = createServer((incoming, response) => void answer(incoming, response));
  url = await listen({ ...endpoints, server });
}
async function stop() {
  server.close();
  server.closeAllConnections();
  await endpoints.close();
}
beforeEach(async () => {
  folder = createFolder();
  await start();
});
afterEach(async () => {
  await stop();
  folder.remove();
});

const answered = z.object({ now: z.iso.datetime().optional() });
const shift = async (body: unknown) => {
  const response = await fetch(`${url}/_local/clock`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, now: answered.parse(await response.json()).now };
};
const runs = () => folder.recorded().map((event) => z.object({ time: z.string() }).parse(event).time);

test('the mailbox is read by address', async () => {
  await new SESv2Client(as('runner', endpoints.url)).send(
    new SendEmailCommand({
      FromEmailAddress: 'windsock@localhost.test',
      Destination: { ToAddresses: ['a+b@example.com'] },
      Content: { Simple: { Subject: { Data: 'Code' }, Body: { Text: { Data: 'It is 424242' } } } },
    }),
  );
  const read = async (query: string) => (await fetch(`${url}/_local/mail${query}`)).json();
  expect(await read('?to=a%2Bb%40example.com')).toEqual({
    messages: [{ to: 'a+b@example.com', subject: 'Code', text: 'It is 424242', code: '424242' }],
  });
  expect(await read('?to=other@example.com')).toEqual({ messages: [] });
  expect((await fetch(`${url}/_local/mail`)).status).toBe(400);
});

test('a shift of the clock runs the scheduled functions once, with the time it was shifted to', async () => {
  const before = Date.now();
  const { status, now } = await shift({ advanceSeconds: 14 * 86_400 });
  expect(status).toBe(200);
  expect(runs()).toHaveLength(1);
  expect(Date.parse(runs()[0] ?? '')).toBeGreaterThanOrEqual(before + 14 * 86_400_000);
  expect(Date.parse(runs()[0] ?? '')).toBeLessThanOrEqual(Date.parse(now ?? '') + 1_000);
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString();
  await shift({ now: until });
  expect(Date.parse(runs()[1] ?? '')).toBeGreaterThanOrEqual(Date.parse(until));
});

test('the clock flows on from its shift, over restarts', async () => {
  await shift({ advanceSeconds: 3_600 });
  await stop();
  await start();
  const before = Date.now();
  const { now } = answered.parse(await (await fetch(`${url}/_local/clock`)).json());
  expect(Date.parse(now ?? '')).toBeGreaterThanOrEqual(before + 3_600_000);
  expect(Date.parse(now ?? '')).toBeLessThanOrEqual(Date.now() + 3_600_000);
});

test.each([{}, { advanceSeconds: 'soon' }, { advanceSeconds: -1 }, { now: 'tomorrow' }, [], 'x'])(
  'refuses a shift by %j',
  async (body) => {
    expect((await shift(body)).status).toBe(400);
    expect(runs()).toEqual([]);
  },
);

/** Asks with exactly these headers, which fetch would not let through. */
function statusOf(headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request(`${url}/_local/clock`, { headers }, (response) => {
    response.resume();
    resolve(response.statusCode);
  })
    .on('error', reject)
    .end();
  return promise;
}

test.each([
  [{ host: 'localhost:8888' }, 200],
  [{ host: '[::1]:8888' }, 200],
  [{ host: 'localhost:8888', origin: 'http://localhost:8888' }, 200],
  [{ host: 'evil.example' }, 403],
  [{ host: 'localhost.evil.example' }, 403],
  [{ host: 'localhost', origin: 'https://evil.example' }, 403],
  [{ host: 'localhost', origin: 'null' }, 403],
])('asks that %j come from this machine: %d', async (headers, status) => {
  expect(await statusOf(headers)).toBe(status);
});
