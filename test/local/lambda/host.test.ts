import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createLambdaHost, type LambdaHost } from '../../../local/lambda/host.ts';
import { createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';

const folder = createFolder();
let endpoints: TestEndpoints;
let host: LambdaHost;

beforeAll(async () => {
  const functions = [
    testFunction('a', 'behave', { kind: 'step' }, { timeout: 60 }),
    testFunction('b', 'behave', { kind: 'step' }, { timeout: 60 }),
    testFunction('brief', 'behave', { kind: 'step' }, { timeout: 6 }),
    {
      ...testFunction('missing', 'behave', { kind: 'step' }),
      handler: 'test/local/support/handlers/none.ts',
    },
  ];
  endpoints = await startEndpoints(folder, { functions });
  host = endpoints.host;
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

const call = async (name: string, event: unknown) => {
  const invocation = await host.invoke(name, JSON.stringify(event));
  return invocation.status === 'succeeded' ? JSON.parse(invocation.payload) : invocation;
};
const log = (name: string) =>
  readFileSync(join(folder.root, 'logs', `%2Faws%2Flambda%2F${name}`, 'local.log'), 'utf8');

test('passes JSON both ways; undefined becomes null', async () => {
  expect(await call('a', { echo: { nested: [1, 'ü', null] } })).toEqual({ nested: [1, 'ü', null] });
  expect(await host.invoke('a', '{}')).toEqual({ status: 'succeeded', payload: 'null' });
});

test('a function knows itself by its access key and shares nothing with another', async () => {
  expect(await call('a', { environment: 'AWS_ACCESS_KEY_ID' })).toEqual({ value: 'function-a' });
  expect(await call('b', { environment: 'AWS_ACCESS_KEY_ID' })).toEqual({ value: 'function-b' });
  expect(await call('b', { environment: 'PATH' })).toEqual({ value: null });
  const first = await call('b', { count: true });
  await call('a', { count: true });
  expect((await call('b', { count: true })).calls).toBe(first.calls + 1);
  expect(first.remaining).toBeGreaterThan(30_000);
  expect(first.remaining).toBeLessThanOrEqual(60_000);
});

test('an error of the function is its answer and stands in its log', async () => {
  expect(await call('a', { throws: { name: 'Refused', message: 'no room' } })).toEqual({
    status: 'failed',
    errorType: 'Refused',
    errorMessage: 'no room',
  });
  expect(log('a')).toContain('"errorType":"Refused","errorMessage":"no room"');
});

test('output of the function is in its log', async () => {
  await call('b', { print: 'hello from b' });
  await eventually('the line is in the log', () => /^\d{13} hello from b$/m.test(log('b')));
});

test.each([{ spin: true }, { sleepMs: 60_000 }])('a call that takes too long is ended: %j', async (event) => {
  expect(await call('brief', event)).toEqual({
    status: 'failed',
    errorType: 'Sandbox.Timedout',
    errorMessage: 'Task timed out after 6.00 seconds',
  });
  expect(await call('brief', { echo: 'again' })).toBe('again');
});

test('a call that times out takes no other call with it', async () => {
  const slow = call('brief', { sleepMs: 60_000 });
  await new Promise((wake) => setTimeout(wake, 5_000));
  const other = call('brief', { sleepMs: 2_000, echo: 'unharmed' });
  expect(await slow).toMatchObject({ errorType: 'Sandbox.Timedout' });
  expect(await other).toBe('unharmed');
});

test.each([{ exit: 3 }, { reject: 'forgotten' }, { allocate: true }])(
  'a function that dies answers, and the next call starts anew: %j',
  async (event) => {
    expect(await call('b', { ...event, sleepMs: 1 })).toMatchObject(
      'reject' in event ? {} : { status: 'failed', errorType: 'Runtime.ExitError' },
    );
    await eventually('the next call is answered', async () => (await call('b', { echo: 1 })) === 1);
  },
);

test('a module that does not load fails each call with its reason', async () => {
  for (const _ of [1, 2]) {
    expect(await call('missing', {})).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringContaining('Cannot find module'),
    });
  }
});

test('an answer larger than Lambda takes is refused', async () => {
  expect(await call('a', { large: 7 * 1024 * 1024 })).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
});

test('a function that the catalog does not list is no function', async () => {
  expect(await host.invoke('c', '{}')).toEqual({
    status: 'failed',
    errorType: 'ResourceNotFoundException',
    errorMessage: 'The catalog has no function c',
  });
});

test('a function that nobody calls for a while is ended, and starts anew', async () => {
  const idle = createLambdaHost({
    functions: [testFunction('a', 'behave', { kind: 'step' })],
    root: join(import.meta.dirname, '..', '..', '..'),
    environment: {},
    compileCache: join(folder.root, 'cache'),
    log: () => undefined,
    idleMs: 2_000,
  });
  const calls = async () => {
    const { payload = '' } = { payload: undefined, ...(await idle.invoke('a', '{"count":true}')) };
    return z.object({ calls: z.int() }).parse(JSON.parse(payload)).calls;
  };
  expect([await calls(), await calls()]).toEqual([1, 2]);
  await new Promise((wake) => setTimeout(wake, 3_000));
  expect(await calls()).toBe(1);
  await idle.stop();
});
