import { countAttempt, type Limit } from '../attempt/limit.ts';
import { newId } from '../id.ts';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { generationOf } from '../session/generation.ts';
import { dueNow } from '../store/attributes.ts';
import { findUserByEmail } from '../user/by-email.ts';

/** Long enough for slow mail, short enough that an old mail is worth nothing. */
export const RESET_MINUTES = 30;

/** A mailbox is not flooded, and addresses are not tried through. */
const OF_ACCOUNT: Limit = { kind: 'password reset of account', most: 3, seconds: 3600 };
const FROM_ADDRESS: Limit = { kind: 'password reset from address', most: 30, seconds: 3600 };

/**
 * Has a link to a new password mailed to this address, if it has an account; nothing that can be seen here, nor the
 * time it takes, tells whether it has. 429 when that is too often.
 */
export async function startPasswordReset(
  scope: Scope,
  services: Services,
  { email, sourceAddress }: { email: string; sourceAddress: string },
): Promise<void> {
  await countAttempt(scope, services, FROM_ADDRESS, sourceAddress);
  await countAttempt(scope, services, OF_ACCOUNT, email);
  const user = await findUserByEmail(services, email);
  const passwordResetId = newId();
  await services.globalStore.entities.passwordReset
    .create({
      passwordResetId,
      status: 'MAILING',
      email,
      ...(user !== null && { userId: user.userId, generation: generationOf(user) }),
      createdAt: timestamp(scope),
      expiresAt: after(scope, RESET_MINUTES * 60),
      ...dueNow(scope, passwordResetId),
    })
    .go();
}
