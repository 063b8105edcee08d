import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatLine, groupFolder, logFile } from '../../../local/logs/layout.ts';
import { as, createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';

const group = '/windsock/d1';
const start = 1_800_000_000_000;
const grants = [
  { actions: ['logs:FilterLogEvents'], resources: ['arn:aws:logs:*:*:log-group:/windsock/d1:*'] },
];
const folder = createFolder();
const root = join(folder.root, 'logs');
let endpoints: TestEndpoints;
let logs: CloudWatchLogsClient;

/** Writes a stream's file: events so many milliseconds after the start. */
function write(stream: string, lines: readonly (readonly [number, string])[], rotated = '') {
  const text = lines.map(([after, message]) => formatLine({ timestamp: start + after, message })).join('');
  writeFileSync(`${logFile(root, group, stream)}${rotated}`, text);
}

beforeAll(async () => {
  endpoints = await startEndpoints(folder, {
    functions: [testFunction('api', 'behave', { kind: 'step' }, { grants })],
  });
  logs = new CloudWatchLogsClient(as('runner', endpoints.url));
  mkdirSync(groupFolder(root, group), { recursive: true });
  write(
    'control/scheduler/t1',
    [
      [0, 'started'],
      [5, 'ERROR first'],
    ],
    '.1',
  );
  write('control/scheduler/t1', [
    [5, 'ERROR second'],
    [20, 'ended "well"'],
  ]);
  write('api/api-server/t2', [
    [5, 'GET /health'],
    [10, 'ERROR third'],
  ]);
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

async function filter(input: Partial<FilterLogEventsCommandInput>): Promise<(string | undefined)[]> {
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: group, ...input }));
  return events?.map(({ message }) => message) ?? [];
}

test('events of all streams come by time, rotated files first', async () => {
  expect(await filter({})).toEqual([
    'started',
    'GET /health',
    'ERROR first',
    'ERROR second',
    'ERROR third',
    'ended "well"',
  ]);
});

test.each([
  [
    { startTime: start + 5, endTime: start + 10 },
    ['GET /health', 'ERROR first', 'ERROR second', 'ERROR third'],
  ],
  [{ filterPattern: 'ERROR' }, ['ERROR first', 'ERROR second', 'ERROR third']],
  [{ filterPattern: '"ERROR t"' }, ['ERROR third']],
  [{ filterPattern: 'ERROR -second' }, ['ERROR first', 'ERROR third']],
  [{ filterPattern: '"\\"well\\""' }, ['ended "well"']],
  [{ logStreamNamePrefix: 'api/' }, ['GET /health', 'ERROR third']],
  [{ logStreamNames: ['api/api-server/t2'], filterPattern: 'GET' }, ['GET /health']],
  [{ filterPattern: 'nothing' }, []],
])('filters by %j', async (input, expected) => {
  expect(await filter(input)).toEqual(expected);
});

test.each([1, 2, 3, 5])('pages of %d give every event once', async (limit) => {
  const seen: (string | undefined)[] = [];
  const ids = new Set<string | undefined>();
  let nextToken: string | undefined;
  do {
    const page = await logs.send(new FilterLogEventsCommand({ logGroupName: group, limit, nextToken }));
    expect(page.events?.length).toBeLessThanOrEqual(limit);
    for (const event of page.events ?? []) {
      seen.push(event.message);
      ids.add(event.eventId);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(seen).toEqual(await filter({}));
  expect(ids.size).toBe(6);
});

test('a stream is read from its head and on, or at its end', async () => {
  const read = (input: object) =>
    logs.send(
      new GetLogEventsCommand({ logGroupName: group, logStreamName: 'control/scheduler/t1', ...input }),
    );
  const tail = await read({ limit: 1 });
  expect(tail.events?.map(({ message }) => message)).toEqual(['ended "well"']);
  const head = await read({ limit: 3, startFromHead: true });
  const rest = await read({ limit: 3, nextToken: head.nextForwardToken });
  expect([...(head.events ?? []), ...(rest.events ?? [])].map(({ message }) => message)).toEqual([
    'started',
    'ERROR first',
    'ERROR second',
    'ended "well"',
  ]);
  const end = await read({ nextToken: rest.nextForwardToken });
  expect([end.events, end.nextForwardToken]).toEqual([[], rest.nextForwardToken]);
});

test('groups and streams are listed, made and deleted', async () => {
  const name = { logGroupName: '/windsock/d2' };
  await logs.send(new CreateLogGroupCommand(name));
  await expect(logs.send(new CreateLogGroupCommand(name))).rejects.toMatchObject({
    name: 'ResourceAlreadyExistsException',
  });
  const groups = async () =>
    (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/windsock/' }))).logGroups?.map(
      ({ logGroupName }) => logGroupName,
    );
  expect(await groups()).toEqual(['/windsock/d1', '/windsock/d2']);
  const streams = await logs.send(
    new DescribeLogStreamsCommand({ logGroupName: group, logStreamNamePrefix: 'api/' }),
  );
  expect(streams.logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['api/api-server/t2']);
  await logs.send(new DeleteLogGroupCommand(name));
  expect(await groups()).toEqual(['/windsock/d1']);
  await expect(logs.send(new DeleteLogGroupCommand(name))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test.each(['{ $.level = "x" }', '?one two', '?one -two'])(
  'a pattern of another kind is refused: %s',
  async (filterPattern) => {
    await expect(filter({ filterPattern })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  },
);

test('reading is granted by the group', async () => {
  const api = new CloudWatchLogsClient(as('function-api', endpoints.url));
  const read = (logGroupName: string) => api.send(new FilterLogEventsCommand({ logGroupName }));
  expect((await read(group)).events).toHaveLength(6);
  await expect(read('/windsock/d10')).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
