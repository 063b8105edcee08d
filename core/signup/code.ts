import { createHmac, timingSafeEqual } from 'node:crypto';

/** Digits of a code, and how many wrong ones a sign-up takes: 5 guesses of a million. */
const DIGITS = 6;
export const MOST_WRONG_CODES = 5;

/**
 * The code of a sign-up: derived from its id with the platform's key, so that it is stored nowhere and a mail that
 * goes out twice says the same.
 */
export function codeOf(macKey: string, signupId: string): string {
  const mac = createHmac('sha256', Buffer.from(macKey, 'base64url')).update(`signup:${signupId}`).digest();
  return String(mac.readUIntBE(0, 6) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** Whether this is the sign-up's code, in a time that does not tell how nearly. */
export function isCodeOf(macKey: string, signupId: string, code: string): boolean {
  const expected = Buffer.from(codeOf(macKey, signupId));
  const shown = Buffer.from(code);
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}
