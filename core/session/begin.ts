import { randomBytes } from 'node:crypto';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { hashOf } from '../token/jwt.ts';
import type { UserItem } from '../user/entity.ts';
import { generationOf } from './generation.ts';

/** A session is a working day. */
const SESSION_SECONDS = 12 * 60 * 60;

/** What a browser is given: the text of its cookie, which is kept nowhere, and how long it lasts. */
export interface BegunSession {
  readonly session: string;
  readonly seconds: number;
}

/**
 * A new session of a user as it was read, and the item that begins it once the caller has written it. When the user
 * signed out everywhere since then, it has ended before it began.
 */
export function newSession(scope: Scope, user: Pick<UserItem, 'userId' | 'sessionGeneration'>) {
  const session = randomBytes(32).toString('base64url');
  const item = expiring(scope, session, user, SESSION_SECONDS);
  const begun: BegunSession = { session, seconds: SESSION_SECONDS };
  return { begun, item };
}

/** Begins a session of a user as it was read. */
export async function beginSession(
  scope: Scope,
  services: Services,
  user: Pick<UserItem, 'userId' | 'sessionGeneration'>,
): Promise<BegunSession> {
  const { begun, item } = newSession(scope, user);
  await services.globalStore.entities.session.create(item).go();
  return begun;
}

/** The item of a credential of a user's, which is worth something for so many seconds. */
export function expiring(
  scope: Scope,
  credential: string,
  user: Pick<UserItem, 'userId' | 'sessionGeneration'>,
  seconds: number,
) {
  const hash = hashOf(credential);
  return {
    hash,
    userId: user.userId,
    generation: generationOf(user),
    createdAt: timestamp(scope),
    expiresAt: after(scope, seconds),
    expiryShard: dueShard(hash),
  };
}
