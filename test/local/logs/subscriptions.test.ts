import { appendFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { functionArn } from '../../../local/lambda/host.ts';
import { formatLine, groupFolder, logFile } from '../../../local/logs/layout.ts';
import { endpointsOfEachTest } from '../support/each-test.ts';
import { as, testFunction } from '../support/endpoints.ts';
import { eventually } from '../support/home.ts';

const group = '/windsock/d1';
const stream = 'worker/worker/t1';
const Event = z.object({ awslogs: z.object({ data: z.string() }) });
const Batch = z.looseObject({
  logGroup: z.string(),
  logStream: z.string(),
  logEvents: z.array(z.object({ id: z.string(), timestamp: z.number(), message: z.string() })),
});

const functions = [
  testFunction('report', 'record', { kind: 'log' }),
  testFunction('api', 'behave', { kind: 'http' }),
  testFunction(
    'step',
    'behave',
    { kind: 'step' },
    {
      grants: [
        { actions: ['logs:PutSubscriptionFilter'], resources: ['arn:aws:logs:*:*:log-group:/windsock/d1:*'] },
      ],
    },
  ),
];
const local = endpointsOfEachTest();

const client = (url: string, principal = 'runner') => new CloudWatchLogsClient(as(principal, url));
const subscription = (target = 'report', logGroupName = group) =>
  new PutSubscriptionFilterCommand({
    logGroupName,
    filterName: 'o1',
    filterPattern: '"killed process"',
    destinationArn: functionArn(target),
  });

async function subscribe(url: string): Promise<void> {
  mkdirSync(groupFolder(root(), group), { recursive: true });
  await client(url).send(subscription());
}

const root = () => join(local.folder.root, 'logs');
const file = (name = stream) => logFile(root(), group, name);

function write(message: string, path = file()): void {
  appendFileSync(path, formatLine({ timestamp: Date.now(), message }));
}

const batches = () =>
  local.folder
    .recorded()
    .map((event) => Buffer.from(Event.parse(event).awslogs.data, 'base64'))
    .map((data) => Batch.parse(JSON.parse(gunzipSync(data).toString())));
const delivered = () => batches().flatMap(({ logEvents }) => logEvents.map(({ message }) => message));

test('what is written from then on and matches is delivered as CloudWatch Logs does, by the platform clock', async () => {
  mkdirSync(groupFolder(root(), group), { recursive: true });
  write('killed process 0');
  const { url, clock } = await local.start({ functions });
  clock.advance(86_400_000);
  await client(url).send(subscription());
  const before = clock.now();
  write('all is well');
  write('killed process 1');
  write('killed process 2', file('control/scheduler/t2'));
  await eventually('both are delivered', () => delivered().length === 2);
  expect(batches().toSorted((a, b) => (a.logStream < b.logStream ? 1 : -1))).toMatchObject([
    {
      messageType: 'DATA_MESSAGE',
      owner: '000000000000',
      logGroup: group,
      logStream: stream,
      subscriptionFilters: ['o1'],
      logEvents: [{ message: 'killed process 1' }],
    },
    { logStream: 'control/scheduler/t2', logEvents: [{ message: 'killed process 2' }] },
  ]);
  const [time] = batches().flatMap(({ logEvents }) => logEvents.map(({ timestamp }) => timestamp));
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(clock.now());
});

test('a line is delivered whole, and once, over a rotation of its file and a filter that is put again', async () => {
  const { url } = await local.start({ functions });
  await subscribe(url);
  write('killed process 1');
  await eventually('the first is delivered', () => delivered().length === 1);
  appendFileSync(file(), `${Date.now()} killed pro`);
  await client(url).send(subscription());
  write('killed process 3', file('worker/worker/t2'));
  await eventually('a look went by', () => delivered().includes('killed process 3'));
  appendFileSync(file(), 'cess 2\n');
  renameSync(file(), `${file()}.1`);
  write('killed process 4');
  await eventually('the others are delivered', () => delivered().length === 4);
  expect(delivered().toSorted()).toEqual([1, 2, 3, 4].map((n) => `killed process ${n}`));
});

test('a function that fails is given the lines again', async () => {
  const { url } = await local.start({ functions });
  await subscribe(url);
  local.folder.failFor('awslogs');
  write('killed process 1');
  await eventually('it was tried', () => delivered().length > 0);
  const failed = delivered().length;
  local.folder.failFor(undefined);
  await eventually('it is tried again', () => delivered().length > failed);
});

test('kill -9 at any moment loses no line, nor one that was written meanwhile', async () => {
  const child = await local.launch({ functions, sleepMs: 40 });
  await subscribe(child.url());
  for (let n = 0; n < 12; n++) {
    write(`killed process ${n}`);
    if (n % 3 !== 2) continue;
    await eventually('it was looked at', () => n < 5 || delivered().length > 0);
    await child.kill();
    write(`killed process ${n} again`);
    await child.start();
  }
  await eventually('all are delivered', () => new Set(delivered()).size === 16, 45_000);
});

test('only a function that logs trigger is called, of a group that is there, by whom it is granted', async () => {
  const { url } = await local.start({ functions });
  await expect(client(url).send(subscription())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  mkdirSync(groupFolder(root(), group), { recursive: true });
  await expect(client(url).send(subscription('api'))).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringMatching(/^Could not execute the lambda function/),
  });
  await client(url, 'function-step').send(subscription());
  await expect(
    client(url, 'function-step').send(subscription('report', '/windsock/d2')),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a group that is deleted takes its filters with it', async () => {
  const { url } = await local.start({ functions });
  await subscribe(url);
  await client(url).send(new DeleteLogGroupCommand({ logGroupName: group }));
  await client(url).send(new CreateLogGroupCommand({ logGroupName: group }));
  write('killed process 1');
  const other = '/windsock/d2';
  await client(url).send(new CreateLogGroupCommand({ logGroupName: other }));
  await client(url).send(subscription('report', other));
  write('killed process 2', logFile(root(), other, stream));
  await eventually('the other group is looked at', () => delivered().length > 0);
  expect(delivered()).toEqual(['killed process 2']);
});
