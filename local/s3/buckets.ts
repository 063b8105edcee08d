import type { S3Answer, S3Call } from './call.ts';
import { S3Error } from './errors.ts';
import { list } from './listing.ts';
import { toXml } from './xml.ts';

/** CreateBucket: making one that exists is no error, as in us-east-1. */
export function createBucket({ store, bucket }: S3Call): S3Answer {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..')) {
    throw new S3Error('InvalidBucketName', 'A bucket name has 3 to 63 of a-z, 0-9, dots and hyphens.');
  }
  store.createBucket(bucket);
  return { status: 200, headers: { location: `/${bucket}` } };
}

export function headBucket({ store, bucket }: S3Call): S3Answer {
  store.demandBucket(bucket);
  return { status: 200 };
}

/** DeleteBucket: the bucket must be empty. */
export function deleteBucket({ store, bucket }: S3Call): S3Answer {
  store.demandBucket(bucket);
  store.removeBucket(bucket);
  return { status: 204 };
}

export function listBuckets({ store }: S3Call): S3Answer {
  const Bucket = store.index
    .buckets()
    .map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
  return { status: 200, body: toXml('ListAllMyBucketsResult', { Buckets: { Bucket } }) };
}

/** ListObjectsV2: prefix, delimiter, start-after, max-keys (at most 1000), continuation-token, encoding-type. */
export function listObjects({ store, bucket, query }: S3Call): S3Answer {
  store.demandBucket(bucket);
  const token = query.get('continuation-token');
  const limit = Number(query.get('max-keys') ?? 1000);
  if (!Number.isInteger(limit) || limit < 0) {
    throw new S3Error('InvalidArgument', 'max-keys must be a whole number, 0 or more.');
  }
  const request = {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString(),
    limit: Math.min(limit, 1000),
  };
  const page = list(request, (from, after) => store.index.next(bucket, from, after));
  const url = query.get('encoding-type') === 'url';
  const name = (text: string) => (url ? encodeURIComponent(text) : text);
  return {
    status: 200,
    body: toXml('ListBucketResult', {
      Name: bucket,
      Prefix: name(request.prefix),
      ...(request.delimiter === '' ? {} : { Delimiter: name(request.delimiter) }),
      ...(url ? { EncodingType: 'url' } : {}),
      MaxKeys: request.limit,
      KeyCount: page.contents.length + page.commonPrefixes.length,
      IsTruncated: page.next !== undefined && request.limit > 0,
      ...(token === null ? {} : { ContinuationToken: token }),
      ...(page.next === undefined
        ? {}
        : { NextContinuationToken: Buffer.from(page.next).toString('base64url') }),
      Contents: page.contents.map((object) => ({
        Key: name(object.key),
        LastModified: new Date(object.modified).toISOString(),
        ETag: object.etag,
        Size: object.size,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: name(prefix) })),
    }),
  };
}
