import { createHmac, timingSafeEqual } from 'node:crypto';
import type { InviteIds } from './entity.ts';

/**
 * The token of an invite's link: `<organizationId>.<inviteId>.<mac>`, the MAC by the platform's key. So it is stored
 * nowhere, and a mail that goes out twice says the same.
 */
export function inviteToken(macKey: string, { organizationId, inviteId }: InviteIds): string {
  return `${organizationId}.${inviteId}.${macOf(macKey, { organizationId, inviteId }).toString('base64url')}`;
}

/** The invite that a token was made for; undefined when this platform has not made it. */
export function readInviteToken(macKey: string, token: string): InviteIds | undefined {
  const [organizationId = '', inviteId = '', mac = ''] = token.split('.');
  const shown = Buffer.from(mac, 'base64url');
  const expected = macOf(macKey, { organizationId, inviteId });
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) return undefined;
  return { organizationId, inviteId };
}

function macOf(macKey: string, { organizationId, inviteId }: InviteIds): Buffer {
  return createHmac('sha256', Buffer.from(macKey, 'base64url'))
    .update(`invite:${organizationId}:${inviteId}`)
    .digest();
}
