import { VisibleError } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { type BegunSession, newSession } from '../session/begin.ts';
import { ending } from '../session/end.ts';
import { generationOf, nextGeneration } from '../session/generation.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { revokeTokens } from '../token/revoke.ts';
import { hashPassword } from '../user/password.ts';
import { readResetToken } from './token.ts';

/** The user whose password a link's token may set; 404 when it was used, has expired or never was. */
export async function findPasswordReset(scope: Scope, services: Services, token: string) {
  const { macKey } = await services.platformSecret();
  const passwordResetId = readResetToken(macKey, token);
  const { entities } = services.globalStore;
  const found =
    passwordResetId === undefined
      ? undefined
      : (await entities.passwordReset.get({ passwordResetId }).go({ consistent: true })).data;
  if (found?.userId === undefined || found.expiresAt <= timestamp(scope)) throw worthless();
  const { data: user } = await entities.user.get({ userId: found.userId }).go({ consistent: true });
  if (user === null || generationOf(user) !== found.generation) throw worthless();
  return { passwordResetId: found.passwordResetId, user };
}

/**
 * Sets the password of a link's user, once, ends every session and token there was, and begins a session: the mailbox
 * has proved who this is.
 */
export async function finishPasswordReset(
  scope: Scope,
  services: Services,
  token: string,
  password: string,
): Promise<BegunSession> {
  await findPasswordReset(scope, services, token);
  const passwordHash = await hashPassword(password);
  return await retryStale(async () => {
    const { passwordResetId, user } = await findPasswordReset(scope, services, token);
    const { userId, version } = user;
    const { begun, item } = newSession(scope, { userId, sessionGeneration: nextGeneration(user) });
    const rejected = await refused(
      services.globalStore.transaction.write((entities) => [
        entities.passwordReset
          .delete({ passwordResetId })
          .where((has, { exists }) => exists(has.email))
          .commit(),
        entities.user
          .patch({ userId })
          .set({ passwordHash, ...ending(scope, user) })
          .where((has, { eq }) => eq(has.version, version))
          .commit(),
        entities.session.create(item).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`The password of ${userId}`);
    await revokeTokens(services, userId);
    return begun;
  });
}

function worthless(): VisibleError {
  return new VisibleError(404, 'This link was used or has expired.');
}
