import { VisibleError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { authenticateSession } from '../../core/session/authenticate.ts';
import { sessionOf } from '../../core/session/cookie.ts';
import type { UserItem } from '../../core/user/entity.ts';
import type { Services } from '../services.ts';
import type { RawRequest } from './route.ts';

/** The user of the browser's session; undefined when it has none that counts. */
export async function signedIn(
  scope: Scope,
  { cookies }: RawRequest,
  services: Services,
): Promise<UserItem | undefined> {
  const session = sessionOf(cookies, services.environment.PUBLIC_URL);
  if (session === undefined) return undefined;
  try {
    return (await authenticateSession(scope, services, session)).user;
  } catch (error) {
    if (error instanceof VisibleError && error.statusCode === 401) return undefined;
    throw error;
  }
}
