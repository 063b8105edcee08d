import { countAttempt, forgiveAttempt, type Limit } from '../attempt/limit.ts';
import { type FieldError, invalid } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale } from '../store/transact.ts';
import type { UserItem } from '../user/entity.ts';
import { hashPassword, isPasswordOf } from '../user/password.ts';
import { sessionEnded } from './authenticate.ts';
import { type BegunSession, beginSession } from './begin.ts';
import { endEverything } from './end.ts';
import { generationOf, nextGeneration } from './generation.ts';

/** Wrong passwords of somebody who has got hold of a session. */
const CHANGES: Limit = { kind: 'password change', most: 10, seconds: 15 * 60 };

/**
 * Changes a user's password and ends every session, which may have been begun with the old one, but for a new one. 401
 * when the session that asks, of the user as it was signed in, was ended meanwhile.
 */
export async function changePassword(
  scope: Scope,
  services: Services,
  signedIn: UserItem,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<BegunSession> {
  const { userId } = signedIn;
  await countAttempt(scope, services, CHANGES, userId);
  const passwordHash = await hashPassword(newPassword);
  const begun = await retryStale(async () => {
    const { data: user } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
    if (user === null || generationOf(user) !== generationOf(signedIn)) throw sessionEnded();
    if (!(await isPasswordOf(user.passwordHash, currentPassword))) throw invalid(WRONG);
    await endEverything(scope, services, user, { passwordHash });
    return await beginSession(scope, services, { userId, sessionGeneration: nextGeneration(user) });
  });
  await forgiveAttempt(scope, services, CHANGES, userId);
  return begun;
}

const WRONG: FieldError = {
  field: 'currentPassword',
  code: 'wrong_password',
  message: 'This is not your password.',
};
