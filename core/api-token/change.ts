import { deletion } from '../audit/entry.ts';
import { forbidden, invalid } from '../errors.ts';
import { changedRoles } from '../permission/changing.ts';
import { demandAllGivable } from '../permission/giving.ts';
import type { Roles } from '../permission/roles.ts';
import { type Known, knownOf, targetsOf } from '../permission/visible.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { ApiTokenIds, ApiTokenItem } from './entity.ts';
import { endOfOutlived, issueApiToken } from './issue.ts';
import { getApiToken, getOwnApiToken } from './read.ts';
import { rolesOf, type UpdateApiTokenRequest, type UpdateApiTokenRolesRequest } from './schema.ts';

type Changes = Partial<Pick<ApiTokenItem, 'name' | 'description' | 'roles' | 'lastRotatedAt'>> &
  Partial<Pick<ApiTokenItem, 'hash' | 'shortToken' | 'startAt' | 'endAt'>>;

/** Changes the name of an API token, and its description when there is one. */
export async function updateApiToken(
  scope: Scope,
  services: Services,
  ids: ApiTokenIds,
  { name, description }: UpdateApiTokenRequest,
): Promise<{ item: ApiTokenItem; known: Known }> {
  return await retryStale(async () => {
    const { item, known } = await getOwnApiToken(scope, services, ids, 'token.update');
    const changes = { name, ...(description === undefined ? {} : { description }) };
    return { item: await write(scope, services, item, changes), known };
  });
}

/**
 * Changes the roles of an API token to what is asked, within what it is scoped to. What differs needs `token.update`
 * there, so that who owns a workspace decides about an organization's token in it.
 */
export async function updateApiTokenRoles(
  scope: Scope,
  services: Services,
  ids: ApiTokenIds,
  request: UpdateApiTokenRolesRequest,
): Promise<{ item: ApiTokenItem; known: Known }> {
  return await retryStale(async () => {
    const { item } = await getApiToken(scope, services, ids);
    const { organizationId } = ids;
    await demandWithin(services, item, request);
    const holder = {
      organizationId,
      permission: 'token.update',
      held: item.roles,
      field: 'roles',
    } as const;
    const roles = await changedRoles(scope, services, holder, rolesOf(request.roles));
    const changed = await write(scope, services, item, { roles });
    return { item: changed, known: await knownOf(services, organizationId, [roles]) };
  });
}

/**
 * Gives an API token a new secret, good for another period; the old one is refused from now on. Whoever is told the
 * secret can do all that the token may, for as long: 403 unless the actor can already.
 */
export async function rotateApiToken(
  scope: Scope,
  services: Services,
  ids: ApiTokenIds,
): Promise<{ item: ApiTokenItem; known: Known; token: string }> {
  return await retryStale(async () => {
    const { item, known } = await getOwnApiToken(scope, services, ids, 'token.update');
    demandAllGivable(scope, item.roles, ids.organizationId, known);
    const { token, issued } = await issueApiToken(scope, services, item);
    const end = endOfOutlived(scope, issued);
    if (end !== undefined) {
      throw forbidden(
        `It would live longer than the API token that asks, which ends at ${end}. Rotate it yourself, or by one that lives longer.`,
      );
    }
    const rotated = await write(scope, services, item, { ...issued, lastRotatedAt: timestamp(scope) });
    return { item: rotated, known, token };
  });
}

/** Revokes an API token, for good. */
export async function deleteApiToken(scope: Scope, services: Services, ids: ApiTokenIds): Promise<void> {
  await retryStale(async () => {
    const { item } = await getOwnApiToken(scope, services, ids, 'token.delete');
    const { organizationId, tokenId, version } = item;
    const rejected = await refused(
      services.store(organizationId).transaction.write(({ apiToken, auditEntry }) => [
        apiToken
          .delete({ organizationId, tokenId })
          .where((has, { eq }) => eq(has.version, version))
          .commit(),
        auditEntry.put(deletion(scope, 'apiToken', item)).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`API token ${tokenId}`);
  });
}

async function write(
  scope: Scope,
  services: Services,
  item: ApiTokenItem,
  changes: Changes,
): Promise<ApiTokenItem> {
  const { organizationId, tokenId, version } = item;
  const changed = { ...changes, ...updated(scope, version) };
  const rejected = await refused(
    services.store(organizationId).transaction.write(({ apiToken }) => [
      apiToken
        .patch({ organizationId, tokenId })
        .set(changed)
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`API token ${tokenId}`);
  return { ...item, ...changed };
}

/** 400 for a role on anything that is not within what the token is scoped to. */
async function demandWithin(
  services: Services,
  { organizationId, workspaceId, deploymentId, scope }: ApiTokenItem,
  { roles }: UpdateApiTokenRolesRequest,
): Promise<void> {
  const known = await knownOf(services, organizationId, [rolesOf(roles)]);
  const isWithin = (asked: Roles) =>
    targetsOf(asked, organizationId, known).every(
      (target) =>
        (workspaceId === undefined || target.workspaceId === workspaceId) &&
        (deploymentId === undefined || target.deploymentId === deploymentId),
    );
  const wrong = roles.flatMap((role, index) =>
    (role.entityType !== 'ORGANIZATION' || role.entityId === organizationId) && isWithin(rolesOf([role]))
      ? []
      : [index],
  );
  const message = `must be the ${scope.toLowerCase()} of the token, or within it`;
  if (wrong.length > 0) {
    throw invalid(
      ...wrong.map((index) => ({ field: `roles[${index}].entityId`, code: 'invalid_value', message })),
    );
  }
}
