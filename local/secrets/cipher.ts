import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readIfThere, writeWhole } from '../files.ts';

export interface Cipher {
  /** `context` is what the text belongs to: another context does not open it. */
  seal(text: string, context: string): Uint8Array;
  open(sealed: Uint8Array, context: string): string;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with the key in the file at `keyPath` (mode 0600), which is made when there is none. */
export function openCipher(keyPath: string): Cipher {
  const kept = readIfThere(keyPath);
  if (kept === undefined) writeWhole(keyPath, randomBytes(32).toString('base64'), 0o600);
  const key = Buffer.from(kept ?? readIfThere(keyPath) ?? '', 'base64');
  if (key.length !== 32)
    throw new Error(`${keyPath} is not a key of 32 bytes in base64: restore it from a backup`);
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    },
  };
}
