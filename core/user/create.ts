import { newId } from '../id.ts';
import { NO_ROLES, type OrganizationRole } from '../permission/roles.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { asUser } from '../session/scope.ts';
import { created } from '../store/attributes.ts';
import type { TransactionEntities } from '../store/store.ts';
import { issueToken } from '../token/issue.ts';
import type { Place } from '../token/jwt.ts';
import type { MemberItem, UserItem } from './entity.ts';

/**
 * Somebody new, who is in one organization, with a first token, and the writes of both for the caller's transaction.
 * They are refused when the e-mail address is somebody's already.
 */
export async function newUser(
  scope: Scope,
  services: Services,
  person: Pick<UserItem, 'email' | 'fullName' | 'passwordHash'>,
  place: Place & { readonly organizationId: string },
) {
  const userId = newId();
  const byUser = created(asUser(scope, { userId, ...person }));
  const user: UserItem = {
    userId,
    ...person,
    sessionGeneration: 0,
    organizationIds: [place.organizationId],
    ...byUser,
  };
  const { token, item } = await issueToken(scope, services, user, place);
  const writes = (entities: TransactionEntities) => [
    entities.email
      .update({ email: person.email })
      .set({ userId })
      .add({ version: 1 })
      .where((has, { notExists }) => notExists(has.userId))
      .commit(),
    entities.user.create(user).commit(),
    entities.token.create(item).commit(),
  ];
  return { user, token, writes };
}

/** A user as a member of an organization, by what they did themselves: by signing up, or by accepting an invite. */
export function newMember(
  scope: Scope,
  organizationId: string,
  user: Pick<UserItem, 'userId' | 'email' | 'fullName'>,
  role: OrganizationRole,
): MemberItem {
  return {
    organizationId,
    userId: user.userId,
    username: user.email,
    fullName: user.fullName,
    roles: { ...NO_ROLES, organization: role },
    ...created(asUser(scope, user)),
  };
}
