import { conflict, invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { limitsOf, pastLimit } from '../organization/plans.ts';
import { getOrganization } from '../organization/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { demandDefaults } from './defaults.ts';
import type { WorkspaceItem } from './entity.ts';
import type { CreateWorkspaceRequest } from './schema.ts';

/**
 * Creates a workspace: 409 when its name is taken in the organization, else 400 when the plan allows no more.
 * Both hold under concurrency: the name and the organization's count are in the same transaction.
 */
export async function createWorkspace(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateWorkspaceRequest,
): Promise<WorkspaceItem> {
  demandDefaults(request, services.environment.CELL);
  const store = services.store(organizationId);
  const workspaceId = newId();
  const taken = { organizationId, parentId: organizationId, name: comparable(request.name) };
  const item = {
    organizationId,
    workspaceId,
    cicdEnforcedDefault: false,
    deploymentCount: 0,
    ...request,
    ...created(scope),
  };
  return await retryStale(async () => {
    const [owner, { productPlan }] = await Promise.all([
      store.entities.name.get(taken).go({ consistent: true }),
      getOrganization(services, organizationId),
    ]);
    if (owner.data !== null) throw nameTaken(request.name);
    const most = limitsOf(productPlan).workspaces;
    const rejected = await refused(
      store.transaction.write(({ name, organization, workspace }) => [
        name.create({ ...taken, ownerId: workspaceId }).commit(),
        organization
          .patch({ organizationId })
          .add({ workspaceCount: 1 })
          .where((has, { eq, lt }) =>
            Number.isFinite(most)
              ? `${eq(has.productPlan, productPlan)} AND ${lt(has.workspaceCount, most)}`
              : eq(has.productPlan, productPlan),
          )
          .commit(),
        workspace.create(item).commit(),
      ]),
    );
    if (rejected.includes(0)) throw nameTaken(request.name);
    if (rejected.includes(1)) {
      const now = await getOrganization(services, organizationId);
      if (now.productPlan !== productPlan) throw new Stale(`Organization ${organizationId}`);
      throw invalid(
        pastLimit(productPlan, 'workspaces', `${most} ${most === 1 ? 'workspace' : 'workspaces'}`),
      );
    }
    if (rejected.length > 0) throw new Stale(`Workspace ${workspaceId}`);
    return item;
  });
}

/** 409: a workspace of that name is there already. */
export function nameTaken(name: string) {
  return conflict(`A workspace named "${name}" exists already in this organization. Choose another name.`);
}
