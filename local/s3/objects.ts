import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { readBody } from './body.ts';
import type { S3Answer, S3Call } from './call.ts';
import { checkRead, checkWrite } from './conditions.ts';
import { denied } from './denied.ts';
import { S3Error } from './errors.ts';
import type { StoredObject } from './index.ts';
import { parseRange } from './range.ts';
import { parseCopySource, parseKey } from './request.ts';
import { fromXml, toXml } from './xml.ts';

const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** The headers of a put that every GET answers again. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')) kept[name] = String(value);
  }
  const encoding = kept['content-encoding']?.replace(/aws-chunked(, *)?/, '');
  if (encoding === '') delete kept['content-encoding'];
  else if (encoding !== undefined) kept['content-encoding'] = encoding;
  return kept;
}

/** PutObject: the whole object or none of it, under the conditions that the request states. */
export async function putObject({ store, bucket, key, headers, body }: S3Call): Promise<S3Answer> {
  store.demandBucket(bucket);
  checkWrite(headers, store.index.object(bucket, key)?.etag);
  const content = readBody(body, headers);
  const blob = await store.write(bucket, content.data);
  const object = {
    blob: blob.name,
    etag: `"${blob.md5}"`,
    size: blob.size,
    modified: store.now(),
    headers: { ...keptHeaders(headers), ...content.checksums() },
  };
  store.commit(bucket, key, object, (etag) => checkWrite(headers, etag));
  return { status: 200, headers: { etag: object.etag, ...content.checksums() } };
}

/** GetObject, with `Range`, `If-Match` and `If-None-Match`. */
export function getObject({ store, bucket, key, headers }: S3Call): S3Answer {
  const object = store.demandObject(bucket, key);
  const answer = headObject({ store, bucket, key, headers });
  const range = parseRange(headers.range, object.size);
  if (answer.status === 304 || object.size === 0) return answer;
  const file = store.open(bucket, object.blob);
  if (range === undefined) {
    return { ...answer, body: { file, range: { start: 0, end: object.size - 1 } } };
  }
  return {
    status: 206,
    headers: {
      ...describe(object, false),
      'content-length': range.end - range.start + 1,
      'content-range': `bytes ${range.start}-${range.end}/${object.size}`,
    },
    body: { file, range },
  };
}

/** HeadObject: what GetObject answers, without the content. */
export function headObject({
  store,
  bucket,
  key,
  headers,
}: Pick<S3Call, 'store' | 'bucket' | 'key' | 'headers'>): S3Answer {
  const object = store.demandObject(bucket, key);
  if (checkRead(headers, object.etag) === 'not-modified')
    return { status: 304, headers: { etag: object.etag } };
  return { status: 200, headers: describe(object, headers['x-amz-checksum-mode'] === 'ENABLED') };
}

/** DeleteObject: an object that is not there is no error. */
export function deleteObject({ store, bucket, key, headers }: S3Call): S3Answer {
  store.demandBucket(bucket);
  store.removeObjects(bucket, [key], (etag) => {
    if (headers['if-match'] !== undefined) checkWrite(headers, etag);
  });
  return { status: 204 };
}

const deleteRequest = z.object({
  Delete: z.object({
    Object: z.array(z.object({ Key: z.string().min(1) })).max(1000),
    Quiet: z.string().optional(),
  }),
});

/** DeleteObjects: up to 1000 keys at once; a key that the caller may not delete is answered as its own error. */
export async function deleteObjects({ store, bucket, text, principal, allows }: S3Call): Promise<S3Answer> {
  const request = fromXml(await text(), deleteRequest).Delete;
  const keys = request.Object.map(({ Key }) => parseKey(Key));
  store.demandBucket(bucket);
  const allowed = keys.filter((key) => allows('s3:DeleteObject', bucket, key));
  store.removeObjects(bucket, allowed, () => undefined);
  const refused = keys.filter((key) => !allowed.includes(key));
  return {
    status: 200,
    body: toXml('DeleteResult', {
      Deleted: request.Quiet === 'true' ? [] : allowed.map((Key) => ({ Key })),
      Error: refused.map((Key) => ({
        Key,
        Code: 'AccessDenied',
        Message: denied(principal, 's3:DeleteObject', bucket, Key).message,
      })),
    }),
  };
}

/** CopyObject: the content is shared by both until one of them is replaced or deleted. */
export function copyObject({ store, bucket, key, headers, allows }: S3Call): S3Answer {
  const source = parseCopySource(String(headers['x-amz-copy-source']));
  if (!allows('s3:GetObject', source.bucket, source.key)) {
    throw new S3Error('AccessDenied', 'The caller may not read the source of the copy.');
  }
  const from = store.demandObject(source.bucket, source.key);
  store.demandBucket(bucket);
  const object: StoredObject = {
    ...from,
    blob: store.link(source.bucket, from.blob, bucket),
    modified: store.now(),
    headers: headers['x-amz-metadata-directive'] === 'REPLACE' ? keptHeaders(headers) : from.headers,
  };
  store.commit(bucket, key, object, (etag) => checkWrite(headers, etag));
  const LastModified = new Date(object.modified).toISOString();
  return { status: 200, body: toXml('CopyObjectResult', { LastModified, ETag: object.etag }) };
}

function describe(object: StoredObject, withChecksums: boolean): Record<string, string | number> {
  const kept = Object.entries(object.headers).filter(
    ([name]) => withChecksums || !name.startsWith('x-amz-checksum-'),
  );
  return {
    ...Object.fromEntries(kept),
    'accept-ranges': 'bytes',
    'content-length': object.size,
    etag: object.etag,
    'last-modified': new Date(object.modified).toUTCString(),
  };
}
