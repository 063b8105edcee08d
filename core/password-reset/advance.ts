import { sendMail } from '../mail/send.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { refused } from '../store/transact.ts';
import { resetMail } from './mail.ts';
import { RESET_MINUTES } from './start.ts';
import { resetToken } from './token.ts';

/**
 * Does what is due of a forgotten password: sends its mail, deletes it once it has expired or is nobody's. Safe to run
 * any number of times; a mail may go out twice, with the same link.
 */
export async function advancePasswordReset(
  scope: Scope,
  services: Services,
  { passwordResetId }: { passwordResetId: string },
): Promise<void> {
  const { passwordReset } = services.globalStore.entities;
  const { data } = await passwordReset.get({ passwordResetId }).go({ consistent: true });
  if (data?.dueAt === undefined || data.dueAt > timestamp(scope)) return;
  if (data.userId === undefined || data.expiresAt <= timestamp(scope)) {
    await passwordReset.delete({ passwordResetId }).go();
    return;
  }
  const { macKey } = await services.platformSecret();
  const token = encodeURIComponent(resetToken(macKey, passwordResetId));
  const link = `${services.environment.PUBLIC_URL}/password/reset?token=${token}`;
  await sendMail(services, data.email, resetMail(link, RESET_MINUTES));
  await refused(
    services.globalStore.transaction.write((entities) => [
      entities.passwordReset
        .patch({ passwordResetId })
        .set({ status: 'SENT', dueShard: dueShard(passwordResetId), dueAt: data.expiresAt })
        .where(({ status }, { eq }) => eq(status, 'MAILING'))
        .commit(),
    ]),
  );
}
