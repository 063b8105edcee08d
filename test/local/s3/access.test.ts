import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGrants } from '../../../local/endpoint/grants.ts';
import { type RunningS3, SECRET, startS3 } from './support.ts';

const Bucket = 'cell';
const own = `arn:aws:s3:::${Bucket}/org/dep/*`;
const allows = createGrants({
  functions: [],
  names: {},
  roleStatements: (role) =>
    role === 'dep'
      ? [
          { actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], resources: [own] },
          {
            actions: ['s3:ListBucket'],
            resources: [`arn:aws:s3:::${Bucket}`],
            conditions: { 's3:prefix': ['org/dep/*'] },
          },
        ]
      : [],
});

let now = Date.parse('2026-01-02T03:04:05Z');
let s3: RunningS3;

beforeAll(async () => {
  s3 = await startS3({ allows, now: () => now });
  await s3.client.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['org/dep/a', 'org/other/a']) {
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }
});
afterAll(() => s3.stop());

describe('a role', () => {
  const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

  it('reads, writes and lists its own prefix', async () => {
    const role = s3.clientOf('role-dep');
    await role.send(new PutObjectCommand({ Bucket, Key: 'org/dep/b', Body: 'x' }));
    await role.send(new GetObjectCommand({ Bucket, Key: 'org/dep/b' }));
    const listing = await role.send(new ListObjectsV2Command({ Bucket, Prefix: 'org/dep/' }));
    expect(listing.KeyCount).toBe(2);
    const missing = role.send(new GetObjectCommand({ Bucket, Key: 'org/dep/missing' }));
    await expect(missing).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('reaches nothing of another prefix, and does not learn what is there', async () => {
    const role = s3.clientOf('role-dep');
    for (const Key of ['org/other/a', 'org/other/none', 'org/dep']) {
      await expect(role.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject(denied);
      await expect(role.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))).rejects.toMatchObject(denied);
    }
    await expect(role.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
    const steal = new CopyObjectCommand({ Bucket, Key: 'org/dep/c', CopySource: `${Bucket}/org/other/a` });
    await expect(role.send(steal)).rejects.toMatchObject(denied);
    const Objects = [{ Key: 'org/dep/b' }, { Key: 'org/other/a' }];
    const answer = await role.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Errors).toMatchObject([{ Key: 'org/other/a', Code: 'AccessDenied' }]);
    await s3.client.send(new GetObjectCommand({ Bucket, Key: 'org/other/a' }));
  });

  it('is told so after a large body too, and the connection goes on', async () => {
    const role = s3.clientOf('role-dep');
    const Body = Buffer.alloc(20_000_000);
    for (let i = 0; i < 3; i++) {
      const put = role.send(new PutObjectCommand({ Bucket, Key: 'org/other/large', Body }));
      await expect(put).rejects.toMatchObject(denied);
    }
  });

  it('without a policy, and a caller without a name, may do nothing', async () => {
    const stranger = s3.clientOf('role-unknown');
    await expect(stranger.send(new GetObjectCommand({ Bucket, Key: 'org/dep/a' }))).rejects.toMatchObject(
      denied,
    );
    expect((await fetch(`${s3.url}/${Bucket}/org/dep/a`)).status).toBe(403);
  });
});

describe('a presigned URL', () => {
  it('reads and writes as the caller who signed it', async () => {
    const url = presign('PUT', 'org/dep/presigned é+%', { principal: 'role-dep' });
    expect((await fetch(url, { method: 'PUT', body: 'content' })).status).toBe(200);
    const answer = await fetch(presign('GET', 'org/dep/presigned é+%', { principal: 'role-dep' }));
    expect(await answer.text()).toBe('content');
    const foreign = await fetch(presign('GET', 'org/other/a', { principal: 'role-dep' }));
    expect(foreign.status).toBe(403);
  });

  it('is refused for another method, another key, a longer life or a wrong secret', async () => {
    const url = presign('GET', 'org/dep/a', {});
    expect((await fetch(url)).status).toBe(200);
    const codeOf = async (changed: string, method = 'GET') => {
      const answer = await fetch(changed, { method });
      return [answer.status, /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]];
    };
    const wrong = [403, 'SignatureDoesNotMatch'];
    expect(await codeOf(url, 'DELETE')).toEqual(wrong);
    expect(await codeOf(url.replace('org/dep/a', 'org/other/a'))).toEqual(wrong);
    expect(await codeOf(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))).toEqual(wrong);
    expect(await codeOf(url.replace('runner', 'function-api'))).toEqual(wrong);
    expect(await codeOf(`${url}&prefix=more`)).toEqual(wrong);
    expect(await codeOf(presign('GET', 'org/dep/a', { secret: 'guess' }))).toEqual(wrong);
  });

  it('expires', async () => {
    const url = presign('GET', 'org/dep/a', {});
    now += 61_000;
    const answer = await fetch(url);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('expired');
  });
});

/** Signature Version 4 in the query string, written from its specification; 60 seconds. */
function presign(method: string, key: string, options: { principal?: string; secret?: string }): string {
  const { principal = 'runner', secret = SECRET } = options;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const path = `/${Bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${principal}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const { host } = new URL(s3.url);
  const request = [method, path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  const hmac = (signing: string | Buffer, text: string) =>
    createHmac('sha256', signing).update(text).digest();
  let signing: string | Buffer = `AWS4${secret}`;
  for (const part of scope.split('/')) signing = hmac(signing, part);
  const signature = hmac(signing, ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')).toString('hex');
  return `${s3.url}${path}?${query}&X-Amz-Signature=${signature}`;
}

it('answers no page of the web, whatever name led it here', async () => {
  const signed = 'AWS4-HMAC-SHA256 Credential=runner/20260102/us-east-1/s3/aws4_request, Signature=x';
  const asked = async (headers: Record<string, string>) => {
    const sent = request(`${s3.url}/${Bucket}?list-type=2`, {
      headers: { authorization: signed, ...headers },
    });
    sent.end();
    const [answer] = await once(sent, 'response');
    answer.resume();
    return answer.statusCode;
  };
  expect(await asked({})).toBe(200);
  expect(await asked({ host: 'rebound.example.com' })).toBe(403);
  expect(await asked({ origin: 'https://page.example.com' })).toBe(403);
});
