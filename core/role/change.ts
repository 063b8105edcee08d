import { deletion } from '../audit/entry.ts';
import { conflict } from '../errors.ts';
import { comparable } from '../name/schema.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { demandWorkspaces, nameTaken } from './create.ts';
import type { RoleIds, RoleItem } from './entity.ts';
import { holdersOf } from './holders.ts';
import { getRole, NAMES_OF_ROLES } from './read.ts';
import type { UpdateCustomRoleRequest } from './schema.ts';

/**
 * Changes a role of the organization's own to what is asked, and with it what everybody may do who holds it; a
 * description or restriction that is left out stays. 409 when the name is taken, or when the role is held in a
 * workspace to which it would no longer be given.
 */
export async function updateRole(
  scope: Scope,
  services: Services,
  { organizationId, roleId }: RoleIds,
  request: UpdateCustomRoleRequest,
): Promise<RoleItem> {
  return await retryStale(async () => {
    const item = await getRole(services, { organizationId, roleId });
    await demandWorkspaces(services, organizationId, request, item.restrictedWorkspaceIds);
    const { name, permissions } = request;
    const { description = item.description, restrictedWorkspaceIds = item.restrictedWorkspaceIds } = request;
    await demandHeldWithin(services, { ...item, restrictedWorkspaceIds });
    const changes = { name, description, permissions, restrictedWorkspaceIds };
    const changed = { ...changes, ...updated(scope, item.version) };
    const taken = { organizationId, parentId: NAMES_OF_ROLES };
    const [from, to] = [comparable(item.name), comparable(name)];
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.role
          .patch({ organizationId, roleId })
          .set(changed)
          .where((has, { eq }) => eq(has.version, item.version))
          .commit(),
        ...(from === to
          ? []
          : [
              entities.name.create({ ...taken, name: to, ownerId: roleId }).commit(),
              entities.name.delete({ ...taken, name: from }).commit(),
            ]),
      ]),
    );
    if (rejected.includes(0)) throw new Stale(`Role ${roleId}`);
    if (rejected.length > 0) throw nameTaken(name);
    return { ...item, ...changed };
  });
}

/**
 * Deletes a role of the organization's own and frees its name. 409 while somebody holds it. Whoever is given it at the
 * same moment holds nothing by it: ids are never used again.
 */
export async function deleteRole(
  scope: Scope,
  services: Services,
  { organizationId, roleId }: RoleIds,
): Promise<void> {
  await retryStale(async () => {
    const item = await getRole(services, { organizationId, roleId });
    const [holder] = await holdersOf(services, item);
    if (holder !== undefined) {
      throw conflict(
        `${item.name} is held by ${holder.who} on deployment ${holder.deploymentId}. Take it away first.`,
      );
    }
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.role
          .delete({ organizationId, roleId })
          .where((has, { eq }) => eq(has.version, item.version))
          .commit(),
        entities.name
          .delete({ organizationId, parentId: NAMES_OF_ROLES, name: comparable(item.name) })
          .commit(),
        entities.auditEntry.put(deletion(scope, 'role', item)).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Role ${roleId}`);
  });
}

async function demandHeldWithin(services: Services, item: RoleItem): Promise<void> {
  const { name, restrictedWorkspaceIds } = item;
  if (restrictedWorkspaceIds.length === 0) return;
  const outside = (await holdersOf(services, item)).find(
    ({ workspaceId }) => !restrictedWorkspaceIds.includes(workspaceId),
  );
  if (outside === undefined) return;
  const { who, deploymentId, workspaceId } = outside;
  throw conflict(
    `${name} is held by ${who} on deployment ${deploymentId}, which is in workspace ${workspaceId}. Take it away there first, or add the workspace.`,
  );
}
