import { deletion } from '../audit/entry.ts';
import { isSomewhere } from '../cell/place.ts';
import { conflict } from '../errors.ts';
import { comparable } from '../name/schema.ts';
import { withdrawRoles } from '../permission/withdraw.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { nameTaken } from './create.ts';
import { defaultPlace, demandDefaults, PLACE_DEFAULTS } from './defaults.ts';
import type { WorkspaceItem } from './entity.ts';
import { getWorkspace } from './read.ts';
import type { UpdateWorkspaceRequest } from './schema.ts';

/**
 * Changes a workspace, 409 when its new name is taken; returns it as it is then. Where its deployments are by default
 * is said as a whole, or not at all.
 */
export async function updateWorkspace(
  scope: Scope,
  services: Services,
  { organizationId, workspaceId }: { organizationId: string; workspaceId: string },
  request: UpdateWorkspaceRequest,
): Promise<WorkspaceItem> {
  demandDefaults(request, services.environment.CELL);
  const saysPlace = isSomewhere(defaultPlace(request));
  const replaced = PLACE_DEFAULTS.filter((field) => saysPlace && request[field] === undefined);
  const store = services.store(organizationId);
  return await retryStale(async () => {
    const item = await getWorkspace(services, organizationId, workspaceId);
    const changed = { ...request, ...updated(scope, item.version) };
    const taken = { organizationId, parentId: organizationId };
    const [from, to] = [comparable(item.name), comparable(request.name)];
    const rejected = await refused(
      store.transaction.write(({ name, workspace }) => [
        workspace
          .patch({ organizationId, workspaceId })
          .set(changed)
          .remove(replaced)
          .where(({ version }, { eq }) => eq(version, item.version))
          .commit(),
        ...(from === to
          ? []
          : [
              name.create({ ...taken, name: to, ownerId: workspaceId }).commit(),
              name.delete({ ...taken, name: from }).commit(),
            ]),
      ]),
    );
    if (rejected.includes(0)) throw new Stale(`Workspace ${workspaceId}`);
    if (rejected.length > 0) throw nameTaken(request.name);
    const { defaultCloudProvider, defaultClusterId, defaultRegion, ...elsewhere } = item;
    return { ...(saysPlace ? elsewhere : item), ...changed };
  });
}

/**
 * Deletes a workspace, frees its name and takes away the roles on it; 409 while it has deployments. The roles go
 * first, for nobody comes back to them once the workspace is gone, and once more for what was given meanwhile.
 */
export async function deleteWorkspace(
  scope: Scope,
  services: Services,
  { organizationId, workspaceId }: { organizationId: string; workspaceId: string },
): Promise<void> {
  const store = services.store(organizationId);
  const withdraw = () => retryStale(() => withdrawRoles(scope, services, { organizationId, workspaceId }));
  const empty = async () => {
    const item = await getWorkspace(services, organizationId, workspaceId);
    if (item.deploymentCount === 0) return item;
    throw conflict(`The workspace has ${item.deploymentCount} deployments. Delete those first.`);
  };
  await empty();
  await withdraw();
  await retryStale(async () => {
    const item = await empty();
    const rejected = await refused(
      store.transaction.write(({ auditEntry, name, organization, workspace }) => [
        workspace
          .delete({ organizationId, workspaceId })
          .where((has, { eq }) => `${eq(has.version, item.version)} AND ${eq(has.deploymentCount, 0)}`)
          .commit(),
        name.delete({ organizationId, parentId: organizationId, name: comparable(item.name) }).commit(),
        organization.patch({ organizationId }).subtract({ workspaceCount: 1 }).commit(),
        auditEntry.put(deletion(scope, 'workspace', item)).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Workspace ${workspaceId}`);
  });
  await withdraw();
}
