import { z } from 'zod';

/** Of a name as it is compared, in UTF-8: a sort key of DynamoDB holds 1024 bytes, with what stands before it. */
const MOST_BYTES = 512;

/** A name that people give to things: one line of 1 to 128 characters, spaces around it cut off. */
export const Name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(128)
  .refine(
    (name) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(name),
    'must be one line without control characters',
  )
  .refine((name) => Buffer.byteLength(comparable(name)) <= MOST_BYTES, 'is too long');

/** How a name is compared: two that differ only in case or in Unicode's composition are the same. */
export function comparable(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
