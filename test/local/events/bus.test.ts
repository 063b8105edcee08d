import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { endpointsOfEachTest } from '../support/each-test.ts';
import { as, testFunction } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';

const event = z.object({ id: z.string(), time: z.string(), detail: z.object({ n: z.number() }) });
const grants = [
  { actions: ['events:PutEvents'], resources: ['arn:aws:events:us-east-1:*:event-bus/windsock'] },
];
const functions = [
  testFunction('advance', 'record', { kind: 'event', detailTypes: ['operation.asked'] }),
  testFunction('publish', 'behave', { kind: 'step' }, { grants }),
  testFunction('other', 'behave', { kind: 'step' }),
];
const local = endpointsOfEachTest();

const delivered = () => local.folder.recorded().map((recorded) => event.parse(recorded).detail.n);
const entry = (n: number, of: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: 'windsock',
  Source: 'windsock',
  DetailType: 'operation.asked',
  Detail: JSON.stringify({ n }),
  ...of,
});
const put = (url: string, ...Entries: PutEventsRequestEntry[]) =>
  new EventBridgeClient(as('function-publish', url)).send(new PutEventsCommand({ Entries }));

test('delivers an event to the functions whose rule matches it, and to no other', async () => {
  const endpoints = await local.start({ functions });
  const answer = await put(
    endpoints.url,
    entry(1, { DetailType: 'operation.ended' }),
    entry(2, { Source: 'aws.ecs' }),
    entry(3, { Time: new Date('2027-01-01T00:00:00Z'), Resources: ['arn:x'] }),
  );
  expect(answer.FailedEntryCount).toBe(0);
  await eventually('the third is delivered', () => delivered().includes(3));
  expect(local.folder.recorded()).toEqual([
    {
      version: '0',
      id: answer.Entries?.[2]?.EventId,
      'detail-type': 'operation.asked',
      source: 'windsock',
      account: '000000000000',
      time: '2027-01-01T00:00:00Z',
      region: 'us-east-1',
      resources: ['arn:x'],
      detail: { n: 3 },
    },
  ]);
});

test("an event's time is the platform's clock's", async () => {
  const endpoints = await local.start({ functions });
  endpoints.clock.advance(30 * 86_400_000);
  const before = Math.floor(endpoints.clock.now() / 1000);
  await put(endpoints.url, entry(1));
  await eventually('it is delivered', () => delivered().length === 1);
  const seconds = Date.parse(event.parse(local.folder.recorded()[0]).time) / 1000;
  expect(seconds).toBeGreaterThanOrEqual(before);
  expect(seconds).toBeLessThanOrEqual(endpoints.clock.now() / 1000);
});

test('entries that are wrong fail alone', async () => {
  const endpoints = await local.start({ functions });
  const answer = await put(
    endpoints.url,
    entry(1, { Detail: '{' }),
    { EventBusName: 'windsock', Source: 'windsock', Detail: '{}' },
    entry(3),
  );
  expect(answer.FailedEntryCount).toBe(2);
  expect(answer.Entries?.map(({ ErrorCode, EventId }) => ErrorCode ?? typeof EventId)).toEqual([
    'MalformedDetail',
    'InvalidArgument',
    'string',
  ]);
  await eventually('the third is delivered', () => delivered().includes(3));
});

test('requests that are wrong are refused whole', async () => {
  const endpoints = await local.start({ functions });
  const { url } = endpoints;
  const runner = new EventBridgeClient(as('runner', url));
  const none = runner.send(new PutEventsCommand({ Entries: [] }));
  await expect(none).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(put(url, ...Array.from({ length: 11 }, (_, n) => entry(n)))).rejects.toThrow('Entries');
  await expect(put(url, entry(1, { Detail: JSON.stringify({ text: 'x'.repeat(300_000) }) }))).rejects.toThrow(
    'size',
  );
  expect(local.folder.recorded()).toEqual([]);
});

test('a function that fails is given the event again', async () => {
  local.folder.failFor('"n":1');
  const endpoints = await local.start({ functions });
  await put(endpoints.url, entry(1), entry(2));
  await eventually('both were tried', () => delivered().includes(1) && delivered().includes(2));
  local.folder.failFor(undefined);
  await eventually('the first is tried again', () => delivered().filter((n) => n === 1).length > 1);
  expect(new Set(local.folder.recorded().map((recorded) => event.parse(recorded).id)).size).toBe(2);
});

test('without the grant nothing is taken', async () => {
  const endpoints = await local.start({ functions });
  const other = new EventBridgeClient(as('function-other', endpoints.url));
  await expect(other.send(new PutEventsCommand({ Entries: [entry(1)] }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message:
      'function-other is not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/windsock',
  });
  await expect(put(endpoints.url, entry(1, { EventBusName: 'default' }))).rejects.toThrow(
    'event-bus/default',
  );
  expect(local.folder.recorded()).toEqual([]);
});

test('kill -9 at any moment loses no event that was answered', async () => {
  const child = await local.launch({ functions, sleepMs: 40 });
  const answered: number[] = [];
  for (let n = 0; n < 40; n++) {
    await put(child.url(), entry(n));
    answered.push(n);
    if (n % 8 === 7) {
      await child.kill();
      await child.start();
    }
  }
  await eventually('all are delivered', () => new Set(delivered()).size === answered.length, 45_000);
});
