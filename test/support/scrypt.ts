import crypto, { type BinaryLike, type ScryptOptions } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * In the unit tests Node's scrypt costs next to nothing: they hash hundreds of passwords, and each is to take a tenth
 * of a second. It is still scrypt, and the platform has no setting that could make it cheap.
 */
const { scrypt } = crypto;

/** What it was asked to cost, call by call. */
export const costs: ScryptOptions[] = [];

function scryptOfTests(
  password: BinaryLike,
  salt: BinaryLike,
  bytes: number,
  cost: ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
): void {
  costs.push(cost);
  scrypt(password, salt, bytes, { ...cost, N: 2, p: 1 }, done);
}

Object.assign(crypto, { scrypt: scryptOfTests });
syncBuiltinESMExports();
