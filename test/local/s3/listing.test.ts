import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list } from '../../../local/s3/listing.ts';
import { type RunningS3, startS3 } from './support.ts';

const Bucket = 'listed';
const keys = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'c/1', 'é', '日', '🪁', '<&>'];
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
  await Promise.all(keys.map((Key) => s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))));
});
afterAll(() => s3.stop());

const page = (more: object = {}) => s3.client.send(new ListObjectsV2Command({ Bucket, ...more }));
const namesOf = (answer: Awaited<ReturnType<typeof page>>) => [
  ...(answer.Contents ?? []).map(({ Key }) => Key),
  ...(answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
];

describe('ListObjectsV2', () => {
  it('answers all keys in the order of their UTF-8', async () => {
    const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(namesOf(await page())).toEqual(sorted);
  });

  it('answers what a prefix and a delimiter leave', async () => {
    expect(namesOf(await page({ Prefix: 'a' }))).toEqual(['a', 'a/1', 'a/2', 'a/b/3']);
    expect(namesOf(await page({ Prefix: 'a/', Delimiter: '/' }))).toEqual(['a/1', 'a/2', 'a/b/']);
    expect(namesOf(await page({ Prefix: 'nothing' }))).toEqual([]);
    expect(namesOf(await page({ StartAfter: 'c/1', Prefix: '' }))).toEqual(['é', '日', '🪁']);
  });

  it('pages through to the end', async () => {
    const found: (string | undefined)[] = [];
    let pages = 0;
    for await (const answer of paginateListObjectsV2({ client: s3.client, pageSize: 3 }, { Bucket })) {
      found.push(...namesOf(answer));
      pages++;
    }
    expect(found.length).toBe(keys.length);
    expect(new Set(found)).toEqual(new Set(keys));
    expect(pages).toBe(4);
  });

  it('refuses a max-keys that is no number', async () => {
    const answer = await fetch(`${s3.url}/${Bucket}?list-type=2&max-keys=many`, {
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=runner/d/r/s3/aws4_request' },
    });
    expect(answer.status).toBe(400);
  });
});

it('any listing in pages of any size equals the listing in one page', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '🪁'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('a', '/'), maxLength: 2 }),
      fc.constantFrom('', '/', 'a'),
      fc.integer({ min: 1, max: 5 }),
      (unsorted, prefix, delimiter, limit) => {
        const bytes = (text: string) => Buffer.from(text);
        const entries = unsorted
          .toSorted((a, b) => Buffer.compare(bytes(a), bytes(b)))
          .map((one) => ({ key: one }));
        const next = (from: string, after: string) =>
          entries.find(
            (entry) =>
              Buffer.compare(bytes(entry.key), bytes(from)) >= 0 &&
              Buffer.compare(bytes(entry.key), bytes(after)) > 0,
          );
        const whole = list({ prefix, delimiter, after: '', limit: 1000 }, next);
        const contents: string[] = [];
        const prefixes: string[] = [];
        for (let after: string | undefined = ''; after !== undefined; ) {
          const part: ReturnType<typeof list<{ key: string }>> = list(
            { prefix, delimiter, after, limit },
            next,
          );
          contents.push(...part.contents.map((entry) => entry.key));
          prefixes.push(...part.commonPrefixes);
          after = part.next;
        }
        expect(contents).toEqual(whole.contents.map((entry) => entry.key));
        expect(prefixes).toEqual(whole.commonPrefixes);
        expect(new Set(prefixes).size).toBe(prefixes.length);
      },
    ),
  );
});
