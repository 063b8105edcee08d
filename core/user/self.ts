import { forbidden, unauthenticated } from '../errors.ts';
import type { Roles } from '../permission/roles.ts';
import { knownOf, namedRoles } from '../permission/visible.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { UserItem } from './entity.ts';
import { findMember } from './member.ts';
import type { SelfRole } from './schema.ts';

/** The user that the scope's actor is; 403 for an API token, which is nobody's. */
export async function getSelf(scope: Scope, services: Services): Promise<UserItem> {
  if (scope.actor.type !== 'user') throw forbidden('An API token is no user. Use a token of a person.');
  const { userId } = scope.actor;
  const { data } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
  if (data === null) throw unauthenticated('The user of this token is gone.');
  return data;
}

/** What a user holds themselves, in all their organizations. */
export async function rolesOfSelf(
  services: Services,
  { userId, organizationIds }: UserItem,
): Promise<SelfRole[]> {
  const held = await Promise.all(
    organizationIds.map(async (organizationId) => {
      const member = await findMember(services, { organizationId, userId });
      if (member === undefined) return [];
      const known = await knownOf(services, organizationId, [member.roles]);
      return selfRoles(organizationId, namedRoles(known, member.roles));
    }),
  );
  return held.flat();
}

function selfRoles(organizationId: string, { organization, workspaces, deployments }: Roles): SelfRole[] {
  const onEach = (type: SelfRole['scope']['type'], roles: Readonly<Record<string, string>>) =>
    Object.entries(roles).map(([entityId, role]) => ({ role, scope: { type, entityId } }));
  return [
    ...(organization === undefined ? [] : onEach('ORGANIZATION', { [organizationId]: organization })),
    ...onEach('WORKSPACE', workspaces),
    ...onEach('DEPLOYMENT', deployments),
  ];
}
