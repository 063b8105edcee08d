import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** AES-256-GCM: bytes of its nonce and of its tag. */
const NONCE = 12;
const TAG = 16;

/** What a caller's key is to the table: an id that does not show it, and a seal that nothing but the key opens. */
export interface Seal {
  readonly keyId: string;
  /** A digest of the request, by which another one is told from it. */
  fingerprint(request: string): string;
  close(text: string): string;
  open(sealed: string): string;
}

/**
 * The seal of a caller's idempotency key. It is made of the platform's key and of the idempotency key, which is
 * stored nowhere: an outcome that shows a secret once (a token, a signed URL) stays as secret as that.
 */
export function sealOf(macKey: string, caller: string, key: string): Seal {
  const platformKey = Buffer.from(macKey, 'base64url');
  const secret = Buffer.from(hkdfSync('sha256', platformKey, key, `idempotency ${caller}`, 32));
  const digest = (what: string, text: string) =>
    createHmac('sha256', secret).update(`${what} ${text}`).digest('base64url');
  return {
    keyId: digest('key', key),
    fingerprint: (request) => digest('request', request),
    close(text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      const closed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(closed).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, NONCE));
      decipher.setAuthTag(bytes.subarray(-TAG));
      const text = [decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()];
      return Buffer.concat(text).toString('utf8');
    },
  };
}
