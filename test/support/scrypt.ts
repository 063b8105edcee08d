import crypto, { type BinaryLike, type ScryptOptions } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * In the unit tests Node's scrypt costs next to nothing: they hash hundreds of passwords, and each is to take a tenth
 * of a second. It is still scrypt, and the platform has no setting that could make it cheap. A test of how long it
 * takes asks for the whole cost.
 */
const { scrypt } = crypto;
let isWhole = false;

function scryptOfTests(
  password: BinaryLike,
  salt: BinaryLike,
  bytes: number,
  cost: ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
): void {
  scrypt(password, salt, bytes, isWhole ? cost : { ...cost, N: 2, p: 1 }, done);
}

Object.assign(crypto, { scrypt: scryptOfTests });
syncBuiltinESMExports();

/** Runs this with passwords hashed as the platform does. What was hashed before is no such password's hash. */
export async function atWholeCost<T>(run: () => Promise<T>): Promise<T> {
  isWhole = true;
  try {
    return await run();
  } finally {
    isWhole = false;
  }
}
