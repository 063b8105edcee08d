import { unauthenticated, type VisibleError } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { hashOf } from '../token/jwt.ts';
import { generationOf } from './generation.ts';

/** Whose session this is, and until when; 401 when there is none or it has ended. */
export async function authenticateSession(scope: Scope, services: Services, session: string) {
  const { entities } = services.globalStore;
  const { data } = await entities.session.get({ hash: hashOf(session) }).go({ consistent: true });
  if (data === null || data.expiresAt <= timestamp(scope)) throw sessionEnded();
  const { data: user } = await entities.user.get({ userId: data.userId }).go({ consistent: true });
  if (user === null || generationOf(user) !== data.generation) throw sessionEnded();
  return { user, expiresAt: data.expiresAt };
}

export function sessionEnded(): VisibleError {
  return unauthenticated('The session has ended. Sign in again.');
}
