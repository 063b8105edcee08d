import { countAttempt, forgiveAttempt, type Limit } from '../attempt/limit.ts';
import { unauthenticated } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { findUserByEmail } from '../user/by-email.ts';
import { isPasswordOf, NOBODYS_PASSWORD_HASH } from '../user/password.ts';
import { type BegunSession, beginSession } from './begin.ts';

/** Wrong passwords of one account: OWASP's order of magnitude, and a forgotten password has another way. */
const OF_ACCOUNT: Limit = { kind: 'sign-in to account', most: 10, seconds: 15 * 60 };
/** Wrong passwords from one address, behind which there may be an office. */
const FROM_ADDRESS: Limit = { kind: 'sign-in from address', most: 50, seconds: 15 * 60 };

/** Who shows a password, and from which network address. */
export interface PasswordSignIn {
  readonly email: string;
  readonly password: string;
  readonly sourceAddress: string;
}

/**
 * Begins a session by e-mail address and password. 401 that does not say which is wrong, and takes as long for an
 * address without an account; 429 after too many wrong ones.
 */
export async function signIn(
  scope: Scope,
  services: Services,
  { email, password, sourceAddress }: PasswordSignIn,
): Promise<BegunSession> {
  await countAttempt(scope, services, FROM_ADDRESS, sourceAddress);
  await countAttempt(scope, services, OF_ACCOUNT, email);
  const user = await findUserByEmail(services, email);
  const isRight = await isPasswordOf(user?.passwordHash ?? NOBODYS_PASSWORD_HASH, password);
  if (user === null || !isRight) throw unauthenticated('The e-mail address or the password is wrong.');
  const begun = await beginSession(scope, services, user);
  await forgiveAttempt(scope, services, FROM_ADDRESS, sourceAddress);
  await forgiveAttempt(scope, services, OF_ACCOUNT, email);
  return begun;
}
