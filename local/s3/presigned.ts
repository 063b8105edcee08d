import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';

export interface PresignedRequest {
  readonly method: string;
  /** As it came, percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** Seven days, the longest that AWS lets a presigned URL live. */
const MAX_EXPIRES = 604_800;

/**
 * The access key id of a presigned URL (AWS Signature Version 4 in the query string) whose signature by `secret`
 * is right and which has not expired at `now` (ms); throws `AccessDenied` or `SignatureDoesNotMatch`.
 */
export function verifyPresigned(request: PresignedRequest, secret: string, now: number): string {
  const { query } = request;
  const time = query.get('X-Amz-Date') ?? '';
  const signedAt = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  const [accessKeyId = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/');
  const expires = Number(query.get('X-Amz-Expires'));
  if (signedAt === null || scope.length !== 4 || !(expires >= 1 && expires <= MAX_EXPIRES)) {
    throw new S3Error(
      'AccessDenied',
      'The presigned URL lacks its date, credential or a lifetime of at most 7 days.',
    );
  }
  const [, year, month, day, hour, minute, second] = signedAt.map(Number);
  const begins = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  if (now > begins + expires * 1000) throw new S3Error('AccessDenied', 'The presigned URL has expired.');

  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonicalRequest(request))].join('\n');
  const key = scope.reduce((signed: string | Buffer, part) => hmac(signed, part), `AWS4${secret}`);
  const expected = hmac(key, text);
  const given = Buffer.from(query.get('X-Amz-Signature') ?? '', 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S3Error('SignatureDoesNotMatch', 'The signature of the presigned URL is wrong.');
  }
  return accessKeyId;
}

function canonicalRequest({ method, path, query, headers }: PresignedRequest): string {
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const parameters = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return [
    method,
    path,
    parameters.join('&'),
    ...signed.map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    signed.join(';'),
    query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
