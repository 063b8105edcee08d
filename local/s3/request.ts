import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';

/** Where a request goes: `bucket` and `key` are empty when it names none. */
export interface Target {
  /** As it came, percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly bucket: string;
  readonly key: string;
}

/** Longest key of S3, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/**
 * Reads bucket and key from a request's URL, path-style (`/bucket/key`, which the SDKs use for a host that is an
 * address) or virtual-hosted (`bucket.localhost`). The path is never normalized: `..` is a key like any other.
 */
export function parseTarget(url: string, headers: IncomingHttpHeaders): Target {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const hosted = /^([^.:]+)\.localhost(:\d+)?$/.exec(headers.host ?? '')?.[1];
  const rest = hosted === undefined ? path : `/${hosted}${path}`;
  const slash = rest.indexOf('/', 1);
  const bucket = decode(slash < 0 ? rest.slice(1) : rest.slice(1, slash));
  const key = slash < 0 ? '' : parseKey(decode(rest.slice(slash + 1)));
  return { path, query, bucket, key };
}

/** The `bucket/key` of an `x-amz-copy-source` header. */
export function parseCopySource(header: string): { bucket: string; key: string } {
  const source = decode(header.replace(/^\//, ''));
  const slash = source.indexOf('/');
  if (slash < 1 || source.includes('?versionId=')) {
    throw new S3Error('InvalidArgument', 'x-amz-copy-source must be <bucket>/<key>, without a version.');
  }
  return { bucket: source.slice(0, slash), key: parseKey(source.slice(slash + 1)) };
}

/** Checks a key: at most 1024 bytes, and no control character, which the XML of a listing could not carry. */
export function parseKey(key: string): string {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', `The key has more than ${MAX_KEY_BYTES} bytes.`);
  }
  if (/[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]|\u{10FFFF}/u.test(key)) {
    throw new S3Error(
      'InvalidArgument',
      'The key holds a control character or a code point that is no character.',
    );
  }
  return key;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI', 'The path is not percent-encoded UTF-8.');
  }
}
