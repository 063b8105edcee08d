import { forbidden, unauthenticated } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { UserItem } from './entity.ts';

/** The user that the scope's actor is; 403 for an API token, which is nobody's. */
export async function getSelf(scope: Scope, services: Services): Promise<UserItem> {
  if (scope.actor.type !== 'user') throw forbidden('An API token is no user. Use a token of a person.');
  const { userId } = scope.actor;
  const { data } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
  if (data === null) throw unauthenticated('The user of this token is gone.');
  return data;
}
