import { createHmac, timingSafeEqual } from 'node:crypto';

/** The token of a link: `<passwordResetId>.<mac>`, the MAC by the platform's key, so that a mail may go out twice. */
export function resetToken(macKey: string, passwordResetId: string): string {
  return `${passwordResetId}.${macOf(macKey, passwordResetId).toString('base64url')}`;
}

/** The id that a token was made for; undefined when this platform has not made it. */
export function readResetToken(macKey: string, token: string): string | undefined {
  const [passwordResetId = '', mac = ''] = token.split('.');
  const shown = Buffer.from(mac, 'base64url');
  const expected = macOf(macKey, passwordResetId);
  return shown.length === expected.length && timingSafeEqual(shown, expected) ? passwordResetId : undefined;
}

function macOf(macKey: string, passwordResetId: string): Buffer {
  return createHmac('sha256', Buffer.from(macKey, 'base64url'))
    .update(`password-reset:${passwordResetId}`)
    .digest();
}
