import { notFound } from '../errors.ts';
import { authorize, may, type Target } from '../permission/authorize.ts';
import { holdsRoleOn, type RoleFilter, targetOf } from '../permission/filter.ts';
import type { Permission } from '../permission/permissions.ts';
import { type Known, knownOf, targetsOf } from '../permission/visible.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { ApiTokenIds, ApiTokenItem } from './entity.ts';

/** What an API token is scoped to: who manages that manages it. */
export function homeOf({ organizationId, workspaceId, deploymentId }: ApiTokenItem): Target {
  return { organizationId, workspaceId, deploymentId };
}

/**
 * An API token with the known of its roles; 404 unless the actor may see it, at its home or where it holds a role.
 */
export async function getApiToken(
  scope: Scope,
  services: Services,
  { organizationId, tokenId }: ApiTokenIds,
): Promise<{ item: ApiTokenItem; known: Known }> {
  const { data: item } = await services
    .store(organizationId)
    .entities.apiToken.get({ organizationId, tokenId })
    .go({ consistent: true });
  if (item === null) throw notFound('API token', tokenId);
  const known = await knownOf(services, organizationId, [item.roles]);
  if (!isVisible(scope, item, known)) throw notFound('API token', tokenId);
  return { item, known };
}

/** An API token on whose home the actor has this permission: 404 when it cannot be seen, 403 without. */
export async function getOwnApiToken(
  scope: Scope,
  services: Services,
  ids: ApiTokenIds,
  permission: Permission,
): Promise<{ item: ApiTokenItem; known: Known }> {
  const found = await getApiToken(scope, services, ids);
  authorize(scope, permission, homeOf(found.item));
  return found;
}

/** The API tokens that the actor may see, of those that hold a role on what the filter names. */
export async function listApiTokens(
  scope: Scope,
  services: Services,
  organizationId: string,
  filter: RoleFilter,
): Promise<{ items: ApiTokenItem[]; known: Known }> {
  const asked = await targetOf(services, organizationId, filter);
  if (asked.workspaceId !== undefined) authorize(scope, 'token.get', asked);
  const { data } = await services
    .store(organizationId)
    .entities.apiToken.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  const named = data.filter(({ roles }) => holdsRoleOn(roles, filter));
  const known = await knownOf(
    services,
    organizationId,
    named.map(({ roles }) => roles),
  );
  return { items: named.filter((item) => isVisible(scope, item, known)), known };
}

function isVisible(scope: Scope, item: ApiTokenItem, known: Known): boolean {
  const targets = [homeOf(item), ...targetsOf(item.roles, item.organizationId, known)];
  return targets.some((target) => may(scope, 'token.get', target));
}
