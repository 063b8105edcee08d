import { conflict, invalid, notFound, type VisibleError } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { makeAccount } from './account.ts';
import { isCodeOf, MOST_WRONG_CODES } from './code.ts';
import type { SignupItem } from './entity.ts';

/**
 * Verifies a sign-up by its mail's code: one transaction makes the user, the organization on its trial, the
 * owner's role, a first workspace and the user's token; the trial's deployment follows by itself. A wrong code
 * counts, even when many are tried at once.
 */
export async function verifySignup(scope: Scope, services: Services, signupId: string, code: string) {
  const { macKey } = await services.platformSecret();
  return await retryStale(async () => {
    const { data } = await services.globalStore.entities.signup.get({ signupId }).go({ consistent: true });
    if (data === null) throw notFound('sign-up', signupId);
    const obstacle = obstacleOf(scope, data);
    if (obstacle !== undefined) throw obstacle;
    const { passwordHash } = data;
    if (passwordHash === undefined || !isCodeOf(macKey, signupId, code)) {
      throw await countWrongCode(services, data);
    }
    return await makeAccount(scope, services, data, passwordHash);
  });
}

/** Why no code can verify this sign-up any more. */
function obstacleOf(scope: Scope, signup: SignupItem): VisibleError | undefined {
  if (signup.status === 'VERIFIED' || signup.status === 'PROVISIONED') {
    return conflict('This sign-up was verified already. Sign in with its e-mail address.');
  }
  if (signup.expiresAt <= timestamp(scope)) {
    return invalid({ field: 'code', code: 'expired', message: 'has expired; sign up again for a new one' });
  }
  if (signup.wrongCodes >= MOST_WRONG_CODES) {
    return invalid({
      field: 'code',
      code: 'too_many_attempts',
      message: `was wrong ${MOST_WRONG_CODES} times; sign up again for a new one`,
    });
  }
  return undefined;
}

async function countWrongCode(services: Services, signup: SignupItem): Promise<VisibleError> {
  const { signupId, wrongCodes } = signup;
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signup
        .patch({ signupId })
        .set({ wrongCodes: wrongCodes + 1, version: signup.version + 1 })
        .where(({ version }, { eq }) => eq(version, signup.version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Sign-up ${signupId}`);
  const message = `is wrong${attemptsLeft(MOST_WRONG_CODES - wrongCodes - 1)}`;
  return invalid({ field: 'code', code: 'wrong_code', message });
}

function attemptsLeft(count: number): string {
  if (count === 0) return ', and was the last attempt; sign up again for a new one';
  return count === 1 ? '; 1 more attempt is left' : `; ${count} more attempts are left`;
}
