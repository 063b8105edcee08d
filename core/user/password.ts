import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';

/** A password as a person may choose it: 8 characters at least, as NIST SP 800-63B asks. */
export const Password = z.string().min(8).max(256);

/** One of OWASP's equivalent settings of scrypt, that which needs the least memory (16 MiB). */
const COST = { N: 2 ** 14, r: 8, p: 5 } satisfies ScryptOptions;
const KEY_BYTES = 32;

const derive: (password: string, salt: Buffer, bytes: number, cost: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt);

/** The hash of a password as it is kept: `scrypt$N$r$p$<salt>$<key>`, the latter two in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether this is the password that the hash was made of. It takes as long whatever the answer. */
export async function isPasswordOf(passwordHash: string, password: string): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = passwordHash.split('$');
  const expected = Buffer.from(key, 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const shown = await derive(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64url'),
    expected.length,
    cost,
  );
  return timingSafeEqual(shown, expected);
}

/** A hash that no password has: what is compared with where there is no account, to take the same time. */
export const NOBODYS_PASSWORD_HASH = [
  'scrypt',
  COST.N,
  COST.r,
  COST.p,
  randomBytes(16).toString('base64url'),
  randomBytes(KEY_BYTES).toString('base64url'),
].join('$');
