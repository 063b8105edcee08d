import { countAttempt, type Limit } from '../attempt/limit.ts';
import { newId } from '../id.ts';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueNow } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { hashPassword } from '../user/password.ts';
import type { SignupRequest } from './schema.ts';

/** A code lives 15 minutes: long enough for slow mail, short enough that an old mail is worth nothing. */
const CODE_SECONDS = 15 * 60;
/** So many sign-ups of one e-mail address, or somebody's mailbox could be flooded. */
const OF_EMAIL: Limit = {
  kind: 'sign-up of e-mail address',
  most: 5,
  seconds: 3600,
  instead: 'use the code of the latest mail',
};
/** And so many from one network address, counted before a password is hashed, which costs. */
const FROM_ADDRESS: Limit = { kind: 'sign-up from address', most: 100, seconds: 3600 };

/**
 * Starts a sign-up; its mail goes out right after. An address that has an account is answered the same, and told
 * in the mail alone. Signing up again makes a new sign-up with a code of its own; 429 when that is too often.
 */
export async function startSignup(
  scope: Scope,
  services: Services,
  request: SignupRequest,
  sourceAddress: string,
) {
  const { email, fullName, organizationName } = request;
  await countAttempt(scope, services, FROM_ADDRESS, sourceAddress);
  await countAttempt(scope, services, OF_EMAIL, email);
  const passwordHash = await hashPassword(request.password);
  const { entities, transaction } = services.globalStore;
  const { data: known } = await entities.email.get({ email }).go({ consistent: true });
  const isEmailKnown = known?.userId !== undefined;
  const signupId = newId();
  const rejected = await refused(
    transaction.write(({ signup }) => [
      signup
        .create({
          signupId,
          status: 'MAILING',
          email,
          fullName,
          organizationName,
          isEmailKnown,
          ...(!isEmailKnown && { passwordHash }),
          wrongCodes: 0,
          createdAt: timestamp(scope),
          expiresAt: after(scope, CODE_SECONDS),
          version: 1,
          ...dueNow(scope, signupId),
        })
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Sign-up ${signupId}`);
  return { id: signupId, status: 'EMAIL_SENT' as const };
}
