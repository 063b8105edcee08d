import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';

/**
 * Whether a write may replace what is there, by `If-None-Match: *` (nothing may be there) and `If-Match: <etag>`.
 * `etag` is the current object's, undefined when there is none. Throws `PreconditionFailed` or `NoSuchKey`.
 */
export function checkWrite(headers: IncomingHttpHeaders, etag: string | undefined): void {
  const none = headers['if-none-match'];
  if (none !== undefined && none !== '*') {
    throw new S3Error('NotImplemented', 'If-None-Match on a write takes * only.');
  }
  if (none === '*' && etag !== undefined) {
    throw new S3Error('PreconditionFailed', 'If-None-Match: * was asked and the object exists.');
  }
  const match = headers['if-match'];
  if (match === undefined) return;
  if (etag === undefined) throw new S3Error('NoSuchKey', 'If-Match was asked and the object does not exist.');
  if (!names(match, etag))
    throw new S3Error('PreconditionFailed', `If-Match was asked; the object is ${etag}.`);
}

/** What a read answers by `If-Match` and `If-None-Match`: the object, or 304. Throws `PreconditionFailed`. */
export function checkRead(headers: IncomingHttpHeaders, etag: string): 'answer' | 'not-modified' {
  const match = headers['if-match'];
  if (match !== undefined && !names(match, etag)) {
    throw new S3Error('PreconditionFailed', `If-Match was asked; the object is ${etag}.`);
  }
  const none = headers['if-none-match'];
  return none !== undefined && names(none, etag) ? 'not-modified' : 'answer';
}

/** `etag` has its quotes; the header may lack them, be weak, be a list, or be `*`. */
function names(header: string, etag: string): boolean {
  const wanted = header.split(',').map((one) => one.trim().replace(/^W\//, '').replaceAll('"', ''));
  return wanted.includes('*') || wanted.includes(etag.replaceAll('"', ''));
}
