import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { hashOf } from '../token/jwt.ts';
import { revokeTokens } from '../token/revoke.ts';
import type { UserItem } from '../user/entity.ts';
import { nextGeneration } from './generation.ts';
import { asUser } from './scope.ts';

/** Ends a browser's session, wherever its cookie has been copied to. One that has ended stays so. */
export async function endSession(services: Services, session: string): Promise<void> {
  await services.globalStore.entities.session.delete({ hash: hashOf(session) }).go();
}

/**
 * Ends every session, sign-in link and token of a user, as it was read, and every program's sign-in; with a new
 * password when one is given. `Stale` when the user was changed since.
 */
export async function endEverything(
  scope: Scope,
  services: Services,
  user: UserItem,
  password?: { passwordHash: string },
): Promise<void> {
  const { userId, version } = user;
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.user
        .patch({ userId })
        .set({ ...password, ...ending(scope, user) })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`User ${userId}`);
  // Tokens of another generation count no more; here they are cleaned up.
  await revokeTokens(services, userId);
}

/** What a user's item is set to, as it was read, to end all of it. */
export function ending(scope: Scope, user: UserItem) {
  return { sessionGeneration: nextGeneration(user), ...updated(asUser(scope, user), user.version) };
}
