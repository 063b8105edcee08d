import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
/** No id tells of an earlier time. */
const FIRST_ORDERED = Date.UTC(2026, 0);
/** The largest multiple of 36 below 256: bytes from it on are thrown away, so that every letter is equally likely. */
const UNBIASED = 252;

/** A cuid as clients validate it: `c` and 24 letters of base 36. */
export const Id = z.string().regex(/^c[0-9a-z]{24}$/, 'must be an id: c and 24 letters or digits');

/** An id that a request gives. One that is none is of nothing, but a longer one than this is no key of the table. */
export const GivenId = z.string().max(128);

/** One of several in a query: other letters would each take up to twelve there, and no server reads so long an address. */
export const ListedId = GivenId.regex(/^[0-9A-Za-z_-]*$/, 'must be an id: letters and digits');

/** A new random id, 124 bits. */
export function newId(): string {
  return `c${randomBase36(24)}`;
}

/** A new id that sorts by when it is made: `c`, nine letters of the milliseconds since 1970, and 77 random bits. */
export function newOrderedId(at: Date): string {
  return `c${at.getTime().toString(36).padStart(9, '0')}${randomBase36(15)}`;
}

/** Whether an id tells when it was made, as `newOrderedId` has it do; of random ids one in a thousand seems to. */
export function isOrdered(id: string, now: Date): boolean {
  const at = Number.parseInt(id.slice(1, 10), 36);
  return at >= FIRST_ORDERED && at <= now.getTime();
}

/** `length` random letters of base 36. */
export function randomBase36(length: number): string {
  let letters = '';
  while (letters.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED && letters.length < length) letters += ALPHABET[byte % 36];
    }
  }
  return letters;
}
