import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { openStreamReader } from '../../../local/dynamodb/streams.ts';
import { openUpstream } from '../../../local/dynamodb/upstream.ts';
import { createDatabase, createTable, type Database } from '../support/database.ts';
import { endpointsOfEachTest } from '../support/each-test.ts';
import { as, testFunction } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';

const key = z.object({ pk: z.object({ S: z.string() }) });
const batch = z.object({
  Records: z.array(
    z.object({
      eventID: z.string(),
      eventName: z.string(),
      dynamodb: z.object({
        Keys: key,
        NewImage: z.unknown().optional(),
        OldImage: z.unknown().optional(),
        ApproximateCreationDateTime: z.number(),
      }),
    }),
  ),
});

const setup = (port: number) => ({
  dynamodbPort: port,
  functions: [testFunction('publish', 'record', { kind: 'stream', batchSize: 10 })],
});
const local = endpointsOfEachTest();
let database: Database;

beforeEach(async () => {
  database = await createDatabase(local.folder.root);
  await database.start();
});
afterEach(async () => {
  await database.kill();
});

const batches = () => local.folder.recorded().map((event) => batch.parse(event).Records);
const handled = () => batches().flat();
const keys = () => handled().map(({ dynamodb }) => dynamodb.Keys.pk.S);
const put = (url: string, pk: string, Item: Record<string, { S: string }> = {}) =>
  new DynamoDBClient(as('runner', url)).send(
    new PutItemCommand({ TableName: 'windsock', Item: { pk: { S: pk }, ...Item } }),
  );

test('hands over every change with both images, in order', async () => {
  const endpoints = await local.start(setup(database.port));
  await createTable(endpoints.url, 'windsock');
  await put(endpoints.url, 'a', { v: { S: '1' } });
  await put(endpoints.url, 'a', { v: { S: '2' } });
  const Key = { pk: { S: 'a' } };
  await new DynamoDBClient(as('runner', endpoints.url)).send(
    new DeleteItemCommand({ TableName: 'windsock', Key }),
  );
  await eventually('all three were handled', () => handled().length === 3);
  expect(
    handled().map(({ eventName, dynamodb }) => [eventName, dynamodb.OldImage, dynamodb.NewImage]),
  ).toEqual([
    ['INSERT', undefined, { pk: { S: 'a' }, v: { S: '1' } }],
    ['MODIFY', { pk: { S: 'a' }, v: { S: '1' } }, { pk: { S: 'a' }, v: { S: '2' } }],
    ['REMOVE', { pk: { S: 'a' }, v: { S: '2' } }, undefined],
  ]);
});

test("a record's time is the platform's clock's", async () => {
  const endpoints = await local.start(setup(database.port));
  await createTable(endpoints.url, 'windsock');
  endpoints.clock.advance(14 * 86_400_000);
  const before = Math.floor(endpoints.clock.now() / 1000);
  await put(endpoints.url, 'a');
  await eventually('it was handled', () => handled().length === 1);
  const seconds = handled()[0]?.dynamodb.ApproximateCreationDateTime;
  expect(seconds).toBeGreaterThanOrEqual(before);
  expect(seconds).toBeLessThanOrEqual(endpoints.clock.now() / 1000);
});

test('a record that fails holds back those after it until it passes, however long that takes', async () => {
  local.folder.failFor('"fails"');
  const endpoints = await local.start(setup(database.port));
  await createTable(endpoints.url, 'windsock');
  await put(endpoints.url, 'a');
  await eventually('the first was handled', () => keys().includes('a'));
  for (const name of ['fails', 'b', 'c']) await put(endpoints.url, name);
  const tries = () => keys().filter((name) => name === 'fails').length;
  await eventually('it was tried often', () => tries() > 5, 20_000);
  await put(endpoints.url, 'd');
  expect(keys()).not.toContain('d');
  local.folder.failFor(undefined);
  await eventually('the last was handled', () => keys().includes('d'), 20_000);
  expect([...new Set(keys())]).toEqual(['a', 'fails', 'b', 'c', 'd']);
});

test('what was handled long ago is kept no more, and nothing else is lost by that', async () => {
  const child = await local.launch(setup(database.port));
  await createTable(child.url(), 'windsock');
  const client = new DynamoDBClient(as('runner', child.url()));
  const names = Array.from({ length: 1_100 }, (_, index) => `item-${index}`);
  for (let from = 0; from < names.length; from += 25) {
    const puts = names.slice(from, from + 25).map((pk) => ({ PutRequest: { Item: { pk: { S: pk } } } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { windsock: puts } }));
  }
  await eventually('all were handled', () => new Set(keys()).size === names.length, 30_000);
  const reader = openStreamReader(openUpstream(database.port), 'windsock');
  const keptNow = async () => {
    const oldest = await reader.iteratorAfter(await reader.streamArn(), undefined);
    return (await reader.read(oldest, 1_000)).records.length;
  };
  await eventually('the older are gone', async () => (await keptNow()) <= 110);
  await child.kill();
  await child.start();
  await put(child.url(), 'last');
  await eventually('the last was handled', () => keys().includes('last'));
  expect([...new Set(keys())]).toEqual([...names, 'last']);
  await eventually('a start forgets what it finds handled', async () => (await keptNow()) <= 2);
});

test('a failure that passes is soon forgotten', async () => {
  local.folder.failFor('"a"');
  const endpoints = await local.start(setup(database.port));
  await createTable(endpoints.url, 'windsock');
  await put(endpoints.url, 'a');
  await eventually('it failed once', () => keys().length >= 1);
  local.folder.failFor(undefined);
  await put(endpoints.url, 'b');
  await eventually('the next was handled', () => keys().includes('b'));
});

test('kill -9 of the endpoints and of the database loses no record', async () => {
  const child = await local.launch(setup(database.port));
  await createTable(child.url(), 'windsock');
  const names = Array.from({ length: 12 }, (_, index) => `item-${index}`);
  for (const [index, name] of names.entries()) {
    await put(child.url(), name);
    if (index % 3 === 2) {
      await child.kill();
      await child.start();
    }
    if (index === 7) {
      await database.kill();
      await database.start();
    }
  }
  await eventually('all were handled', () => new Set(keys()).size === names.length, 45_000);
  const firstSeen = [...new Set(keys())];
  expect(firstSeen).toEqual(names);
});
