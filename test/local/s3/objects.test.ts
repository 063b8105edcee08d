import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningS3, startS3 } from './support.ts';

const Bucket = 'cell';
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => s3.stop());

const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const read = async (Key: string, more: object = {}) => {
  const answer = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await answer.Body?.transformToString()) ?? '';
};
const blobs = () => readdirSync(join(s3.folder, Bucket));

describe('an object', () => {
  it('is read back with its type, its metadata and its length', async () => {
    const { ETag } = await put('a/b.json', '{"a":1}', {
      ContentType: 'application/json',
      Metadata: { owner: 'ann' },
      CacheControl: 'no-cache',
    });
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'a/b.json' }));
    expect(head).toMatchObject({
      ETag,
      ContentLength: 7,
      ContentType: 'application/json',
      CacheControl: 'no-cache',
      Metadata: { owner: 'ann' },
    });
    expect(await read('a/b.json')).toBe('{"a":1}');
  });

  it('may be empty', async () => {
    await put('empty', '');
    expect(await read('empty')).toBe('');
  });

  it('comes as a stream with a trailing checksum', async () => {
    const content = Buffer.alloc(300_000, 'windsock ');
    await s3.client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]),
        ContentLength: content.length,
      }),
    );
    expect(await read('streamed')).toBe(content.toString());
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }));
    expect(head.ContentEncoding).toBeUndefined();
  });

  it.each(['CRC32', 'SHA1', 'SHA256'] as const)(
    'keeps its %s, which the reader checks again',
    async (algorithm) => {
      await put('checked', 'content', { ChecksumAlgorithm: algorithm });
      const answer = await s3.client.send(
        new GetObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }),
      );
      expect(answer[`Checksum${algorithm}`]).toBeTruthy();
      expect(await answer.Body?.transformToString()).toBe('content');
    },
  );

  it.each([
    ['a wrong CRC32', { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
    ['a wrong MD5', { ContentMD5: 'rL0Y20zC+Fzt72VPzMSk2A==' }, 'BadDigest'],
    ['a checksum that is not served', { ChecksumCRC32C: 'AAAAAA==' }, 'NotImplemented'],
  ])('is refused with %s, and the former one stays', async (_, more, name) => {
    await put('kept', 'former');
    const before = blobs();
    await expect(put('kept', 'latter', more)).rejects.toMatchObject({ name });
    expect(await read('kept')).toBe('former');
    expect(blobs()).toEqual(before);
  });

  it('answers a range', async () => {
    await put('ranged', '0123456789');
    expect(await read('ranged', { Range: 'bytes=2-4' })).toBe('234');
    expect(await read('ranged', { Range: 'bytes=7-' })).toBe('789');
    expect(await read('ranged', { Range: 'bytes=-2' })).toBe('89');
    expect(await read('ranged', { Range: 'bytes=8-99' })).toBe('89');
    await expect(read('ranged', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('that is half sent leaves nothing', async () => {
    await put('half', 'whole');
    const before = blobs();
    const { port } = new URL(s3.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /${Bucket}/half HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential=runner/d/r/s3/aws4_request\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`,
    );
    await expect.poll(() => blobs().length).toBe(before.length + 1);
    socket.destroy();
    await expect.poll(blobs).toEqual(before);
    expect(await read('half')).toBe('whole');
  });

  it('is replaced whole while it is read', async () => {
    const size = 5_000_000;
    await put('swapped', Buffer.alloc(size, 'a'));
    const reading = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'swapped' }));
    await put('swapped', Buffer.alloc(size, 'b'));
    const content = (await reading.Body?.transformToString()) ?? '';
    expect(content.length).toBe(size);
    expect(content.includes('b')).toBe(false);
  });

  it('is copied, and outlives its source', async () => {
    await put('from', 'shared', { Metadata: { owner: 'ann' } });
    await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` }));
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'from' }));
    expect(await read('to')).toBe('shared');
    await expect(read('from')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is deleted without an error when it is not there, and its content with it', async () => {
    const before = blobs();
    await put('gone', 'x');
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    expect(blobs()).toEqual(before);
  });

  it('is deleted with others in one request', async () => {
    await Promise.all(['d/1', 'd/2', 'd/<&>"\'é'].map((key) => put(key, 'x')));
    const answer = await s3.client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'd/1' }, { Key: 'd/2' }, { Key: 'd/<&>"\'é' }, { Key: 'd/none' }] },
      }),
    );
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['d/1', 'd/2', 'd/<&>"\'é', 'd/none']);
    await expect(read('d/<&>"\'é')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('a condition', () => {
  it('If-None-Match: * lets one of many puts win', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => put('once', `${i}`, { IfNoneMatch: '*' })),
    );
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost.length).toBe(19);
    for (const { reason } of lost) expect(reason).toMatchObject({ name: 'PreconditionFailed' });
    const winner = results.findIndex((result) => result.status === 'fulfilled');
    expect(await read('once')).toBe(`${winner}`);
  });

  it('If-Match lets one of many updates win', async () => {
    const { ETag } = await put('pointer', 'first');
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => put('pointer', `${i}`, { IfMatch: ETag })),
    );
    expect(results.filter((result) => result.status === 'fulfilled').length).toBe(1);
    await expect(put('nowhere', 'x', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('on a read answers 304 or 412', async () => {
    const { ETag = '' } = await put('polled', 'x');
    const unchanged = s3.client.send(new GetObjectCommand({ Bucket, Key: 'polled', IfNoneMatch: ETag }));
    await expect(unchanged).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    expect(await read('polled', { IfNoneMatch: '"other"' })).toBe('x');
    expect(await read('polled', { IfMatch: ETag })).toBe('x');
    await expect(read('polled', { IfMatch: '"other"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
  });
});

describe('a key', () => {
  it.each([
    '../../escape',
    '..',
    'a/../b',
    'a//b',
    '/leading',
    'sp ace+plus%25',
    'ünï/日本/🪁',
    '<&>"\'',
    'x'.repeat(1024),
    'index.db',
  ])('%j names one object and no file', async (key) => {
    const before = readdirSync(s3.folder).sort();
    await put(key, key);
    expect(await read(key)).toBe(key);
    expect(readdirSync(s3.folder).sort()).toEqual(before);
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: key }));
  });

  it.each([
    ['too long', 'x'.repeat(1025), 'KeyTooLongError'],
    ['with NUL', 'a\0b', 'InvalidArgument'],
  ])('%s is refused', async (_, key, name) => {
    await expect(put(key, 'x')).rejects.toMatchObject({ name });
  });
});

describe('a bucket', () => {
  it('is made twice without an error, listed, and deleted when it is empty', async () => {
    const bucket = { Bucket: 'second-bucket' };
    await s3.client.send(new CreateBucketCommand(bucket));
    await s3.client.send(new CreateBucketCommand(bucket));
    await s3.client.send(new HeadBucketCommand(bucket));
    const { Buckets = [] } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual([Bucket, 'second-bucket']);
    await s3.client.send(new PutObjectCommand({ ...bucket, Key: 'a', Body: 'a' }));
    await expect(s3.client.send(new DeleteBucketCommand(bucket))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
    });
    await s3.client.send(new DeleteObjectCommand({ ...bucket, Key: 'a' }));
    await s3.client.send(new DeleteBucketCommand(bucket));
    await expect(s3.client.send(new HeadBucketCommand(bucket))).rejects.toMatchObject({ name: 'NotFound' });
    expect(readdirSync(s3.folder)).not.toContain('second-bucket');
  });

  it.each(['..', 'UPPER', 'a', 'a..b', 'x'.repeat(64)])('named %j is refused', async (name) => {
    const answer = await fetch(`${s3.url}/${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=runner/d/r/s3/aws4_request' },
    });
    const text = await answer.text();
    expect([answer.status, /<Code>(.*)<\/Code>/.exec(text)?.[1]]).not.toContain(200);
  });

  it('that is not there answers NoSuchBucket', async () => {
    const missing = s3.client.send(new PutObjectCommand({ Bucket: 'missing', Key: 'a', Body: 'a' }));
    await expect(missing).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

it('an operation that is not served says so and does nothing', async () => {
  await put('acl', 'x');
  const answer = await fetch(`${s3.url}/${Bucket}/acl?acl`, {
    method: 'PUT',
    body: 'replaced?',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=runner/d/r/s3/aws4_request' },
  });
  expect(answer.status).toBe(501);
  expect(await answer.text()).toContain('<Code>NotImplemented</Code>');
  expect(await read('acl')).toBe('x');
});
