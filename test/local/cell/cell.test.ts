import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeWhole } from '../../../local/files.ts';
import { echo, upstream } from '../forwarder/support.ts';
import { type CellProcess, cellProcess } from './support.ts';

const Bucket = 'windsock';
let cell: CellProcess;

beforeEach(async () => {
  cell = await cellProcess();
  await cell.start();
});
afterEach(() => cell.remove());

const client = (accessKeyId: string) =>
  new S3Client({
    endpoint: cell.s3,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'local' },
    maxAttempts: 1,
  });

it('keeps every put that it answered, whole, through kill -9 at any moment', async () => {
  const runner = client('runner');
  await runner.send(new CreateBucketCommand({ Bucket }));
  const answered = new Map<string, string>();
  for (let round = 0; round < 5; round++) {
    const first = Promise.withResolvers<void>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        const [Key, Body] = [`${writer}/${i % 5}`, `${round}:${i};`.repeat(20_000)];
        answered.delete(Key);
        await runner.send(new PutObjectCommand({ Bucket, Key, Body }));
        answered.set(Key, Body);
        first.resolve();
      }
    });
    const ended = Promise.allSettled(writers);
    await first.promise;
    await wait(Math.random() * 400);
    await cell.end('SIGKILL');
    await ended;
    await cell.start();
    for (const [Key, Body] of answered) {
      const answer = await runner.send(new GetObjectCommand({ Bucket, Key }));
      expect(await answer.Body?.transformToString()).toBe(Body);
    }
    const { Contents = [] } = await runner.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) {
      const answer = await runner.send(new GetObjectCommand({ Bucket, Key }));
      const body = (await answer.Body?.transformToString()) ?? '';
      expect(body).toBe(body.slice(0, body.indexOf(';') + 1).repeat(20_000));
    }
    expect(readdirSync(join(cell.home, 'objects', Bucket)).length).toBe(Contents.length);
  }
  expect(answered.size).toBeGreaterThan(0);
});

it('answers what is under way before it ends on SIGTERM', async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = await upstream((_, response) => asked.resolve(response));
  writeWhole(join(cell.home, 'state/routes.json'), JSON.stringify({ ns: [`127.0.0.1:${server.port}`] }));
  const answer = fetch(`${cell.forwarder}/ns/`);
  const response = await asked.promise;
  const ended = cell.end('SIGTERM');
  setTimeout(() => response.end('late'), 500);
  expect(await (await answer).text()).toBe('late');
  expect(await ended).toBe(0);
  await server.stop();
});

it('forwards by the routes file and knows callers that have no grant', async () => {
  const server = await upstream(echo);
  writeWhole(join(cell.home, 'state/routes.json'), JSON.stringify({ ns: [`127.0.0.1:${server.port}`] }));
  expect((await fetch(`${cell.forwarder}/ns/api`)).status).toBe(200);
  const stranger = client('role-none').send(new ListObjectsV2Command({ Bucket }));
  await expect(stranger).rejects.toMatchObject({ name: 'AccessDenied' });
  await server.stop();
});
