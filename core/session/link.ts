import { randomBytes } from 'node:crypto';
import { forbidden, unauthenticated } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused } from '../store/transact.ts';
import { hashOf } from '../token/jwt.ts';
import type { UserItem } from '../user/entity.ts';
import { type BegunSession, expiring, newSession } from './begin.ts';
import { generationOf } from './generation.ts';

/** A sign-in link is for at once. */
const LINK_SECONDS = 10 * 60;

/**
 * A link that signs the scope's user in once, in a browser. Only the hash of its token is kept. It is of the generation
 * of the user's token that asks for it, which is read again: a revoked one may be remembered for some seconds.
 */
export async function createSigninLink(scope: Scope, services: Services) {
  if (scope.actor.type !== 'user')
    throw forbidden('An API token cannot be signed in. Use a token of a person.');
  const { entities } = services.globalStore;
  const { userId, tokenId } = scope.actor;
  const { data: asking } = await entities.token.get({ userId, tokenId }).go({ consistent: true });
  if (asking === null) throw unauthenticated('The token was revoked.');
  const token = randomBytes(32).toString('base64url');
  const link = expiring(scope, token, { userId, sessionGeneration: asking.generation ?? 0 }, LINK_SECONDS);
  await entities.signinLink.create(link).go();
  return { url: `${services.environment.PUBLIC_URL}/signin?token=${token}`, expiresAt: link.expiresAt };
}

/** A sign-in link's user; undefined when the link is unknown, used, expired or of a generation that has ended. */
export async function findSigninLink(
  scope: Scope,
  services: Services,
  token: string,
): Promise<UserItem | undefined> {
  const { entities } = services.globalStore;
  const { data: link } = await entities.signinLink.get({ hash: hashOf(token) }).go({ consistent: true });
  if (link === null || link.expiresAt <= timestamp(scope)) return undefined;
  const { data: user } = await entities.user.get({ userId: link.userId }).go({ consistent: true });
  return user === null || generationOf(user) !== link.generation ? undefined : user;
}

/**
 * Uses a sign-in link up and begins a session; undefined when the link is worth nothing. Of two who use it at once, one
 * gets the session.
 */
export async function useSigninLink(
  scope: Scope,
  services: Services,
  token: string,
): Promise<BegunSession | undefined> {
  const hash = hashOf(token);
  const user = await findSigninLink(scope, services, token);
  if (user === undefined) return undefined;
  const { begun, item } = newSession(scope, user);
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signinLink
        .delete({ hash })
        .where((has, { exists }) => exists(has.userId))
        .commit(),
      entities.session.create(item).commit(),
    ]),
  );
  return rejected.length > 0 ? undefined : begun;
}
