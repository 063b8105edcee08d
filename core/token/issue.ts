import { newId } from '../id.ts';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { generationOf } from '../session/generation.ts';
import { dueShard } from '../store/attributes.ts';
import type { UserItem } from '../user/entity.ts';
import { hashOf, type Place, signToken } from './jwt.ts';

/** A user's token lives this long, unless it is revoked or is said to live shorter: a quarter. */
const TOKEN_DAYS = 90;

/**
 * A new token of a user as it was read, and the item that makes it valid once the caller has written it. The text of the token
 * is not kept anywhere.
 */
export async function issueToken(
  scope: Scope,
  services: Services,
  user: Pick<UserItem, 'userId' | 'email' | 'fullName' | 'sessionGeneration'>,
  place: Place,
  seconds = TOKEN_DAYS * 86_400,
) {
  const tokenId = newId();
  const expiresAt = after(scope, seconds);
  const token = await signToken(await services.platformSecret(), {
    subject: user.userId,
    jti: tokenId,
    place,
    issuedAt: scope.now,
    expiresAt: new Date(expiresAt),
  });
  const item = {
    userId: user.userId,
    tokenId,
    hash: hashOf(token),
    username: user.email,
    fullName: user.fullName,
    generation: generationOf(user),
    createdAt: timestamp(scope),
    expiresAt,
    expiryShard: dueShard(tokenId),
  };
  return { token, item };
}
