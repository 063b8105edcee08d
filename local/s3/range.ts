import { S3Error } from './errors.ts';

/** Bytes `start` to `end`, both included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a `Range` header asks of `size` bytes; undefined for all of it, which is also what S3 answers to
 * several ranges and to a header it cannot read. Throws `InvalidRange` when the object has none of it.
 */
export function parseRange(header: string | undefined, size: number): Range | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= size || end < start) {
    throw new S3Error('InvalidRange', `The range ${header} is outside of the object's ${size} bytes.`);
  }
  return { start, end };
}
