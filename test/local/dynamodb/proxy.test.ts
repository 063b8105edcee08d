import {
  BatchWriteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, createTable, type Database } from '../support/database.ts';
import { as, createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';

const table = 'arn:aws:dynamodb:us-east-1:*:table/windsock';
const folder = createFolder();
let database: Database;
let endpoints: TestEndpoints;

/** The SDK's client of a function with this name. */
const client = (name: string) => new DynamoDBClient(as(`function-${name}`, endpoints.url));

beforeAll(async () => {
  database = await createDatabase(folder.root);
  await database.start();
  const grants = {
    writer: [
      { actions: ['dynamodb:PutItem', 'dynamodb:BatchWriteItem', 'dynamodb:GetItem'], resources: [table] },
    ],
    reader: [{ actions: ['dynamodb:Query'], resources: [`${table}/index/due`] }],
    nobody: [],
  };
  endpoints = await startEndpoints(folder, {
    dynamodbPort: database.port,
    functions: Object.entries(grants).map(([name, of]) =>
      testFunction(name, 'behave', { kind: 'step' }, { grants: of }),
    ),
  });
  await createTable(endpoints.url, 'windsock');
});
afterAll(async () => {
  await endpoints.close();
  await database.kill();
  folder.remove();
});

const item = {
  pk: { S: 'a' },
  due: { S: 'now' },
  bytes: { B: new Uint8Array([0, 255]) },
  count: { N: '12345678901234567890' },
};

test('passes what is granted through unchanged', async () => {
  const writer = client('writer');
  await writer.send(new PutItemCommand({ TableName: 'windsock', Item: item }));
  const { Item } = await writer.send(new GetItemCommand({ TableName: 'windsock', Key: { pk: { S: 'a' } } }));
  expect(Item).toEqual(item);
});

test('an index is granted apart from its table', async () => {
  const query = {
    TableName: 'windsock',
    KeyConditionExpression: '#k = :v',
    ExpressionAttributeValues: { ':v': { S: 'now' } },
  };
  const byDue = new QueryCommand({ ...query, IndexName: 'due', ExpressionAttributeNames: { '#k': 'due' } });
  const byKey = new QueryCommand({ ...query, ExpressionAttributeNames: { '#k': 'pk' } });
  expect(await client('reader').send(byDue)).toMatchObject({ Count: 1 });
  await expect(client('reader').send(byKey)).rejects.toThrow(
    'function-reader is not authorized to perform: dynamodb:Query on resource: arn:aws:dynamodb:us-east-1:000000000000:table/windsock',
  );
});

test('a transaction needs the grant of each of its items', async () => {
  const Put = { TableName: 'windsock', Item: item };
  const put = new TransactWriteItemsCommand({ TransactItems: [{ Put }] });
  const andDelete = new TransactWriteItemsCommand({
    TransactItems: [{ Put }, { Delete: { TableName: 'windsock', Key: { pk: { S: 'b' } } } }],
  });
  await client('writer').send(put);
  await expect(client('writer').send(andDelete)).rejects.toThrow('dynamodb:DeleteItem');
});

test('a batch needs the grant on each of its tables', async () => {
  const request = [{ PutRequest: { Item: item } }];
  const batch = (...tables: string[]) =>
    new BatchWriteItemCommand({ RequestItems: Object.fromEntries(tables.map((name) => [name, request])) });
  await client('writer').send(batch('windsock'));
  await expect(client('writer').send(batch('windsock', 'other'))).rejects.toThrow('table/other');
});

test.each([
  [
    'GetItem',
    (by: DynamoDBClient) => by.send(new GetItemCommand({ TableName: 'windsock', Key: { pk: { S: 'a' } } })),
  ],
  ['PutItem', (by: DynamoDBClient) => by.send(new PutItemCommand({ TableName: 'windsock', Item: item }))],
  ['ListTables', (by: DynamoDBClient) => by.send(new ListTablesCommand({}))],
] as const)('refuses %s without its grant', async (action, command) => {
  const refused = expect.objectContaining({
    name: 'AccessDeniedException',
    message: expect.stringContaining(`function-nobody is not authorized to perform: dynamodb:${action}`),
  });
  await expect(command(client('nobody'))).rejects.toEqual(refused);
});

test('streams are granted by their ARN', async () => {
  const runner = new DynamoDBStreamsClient(as('runner', endpoints.url));
  const { Streams } = await runner.send(new ListStreamsCommand({ TableName: 'windsock' }));
  const describe = new DescribeStreamCommand({ StreamArn: Streams?.[0]?.StreamArn });
  expect((await runner.send(describe)).StreamDescription?.StreamStatus).toBe('ENABLED');
  const nobody = new DynamoDBStreamsClient(as('function-nobody', endpoints.url));
  await expect(nobody.send(describe)).rejects.toThrow('dynamodb:DescribeStream');
});

test('PartiQL, whose text hides the table, is not served', async () => {
  const statement = new ExecuteStatementCommand({ Statement: 'SELECT * FROM windsock' });
  await expect(client('writer').send(statement)).rejects.toMatchObject({ name: 'UnknownOperationException' });
});

test('a database that is away is an error that clients retry', async () => {
  const writer = new DynamoDBClient({ ...as('function-writer', endpoints.url), maxAttempts: 1 });
  const get = () => writer.send(new GetItemCommand({ TableName: 'windsock', Key: { pk: { S: 'a' } } }));
  await database.kill();
  await expect(get()).rejects.toMatchObject({
    name: 'InternalServerError',
    $metadata: { httpStatusCode: 500 },
  });
  await database.start();
  expect((await get()).Item).toBeDefined();
});
