import { createHash } from 'node:crypto';

/** The strong entity tag of an answer's text: two answers have the same one only when they are the same. */
export function etagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

/** Whether If-None-Match names this tag, by RFC 9110's weak comparison. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  return tagsOf(ifNoneMatch).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}

/** Whether If-Match names this tag, by RFC 9110's strong comparison. */
export function isMatched(ifMatch: string, etag: string): boolean {
  return tagsOf(ifMatch).some((tag) => tag === '*' || tag === etag);
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
