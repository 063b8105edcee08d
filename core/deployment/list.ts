import { isOrdered } from '../id.ts';
import { getOrganization } from '../organization/read.ts';
import { type PageQuery, pageOf } from '../page.ts';
import { may } from '../permission/authorize.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { DeploymentItem } from './entity.ts';
import { findDeployments } from './read.ts';
import { deploymentStatus } from './status.ts';

/** Which deployments a list shall have; an empty filter lets all pass. */
export interface DeploymentFilter {
  readonly deploymentIds: readonly string[];
  readonly names: readonly string[];
  readonly workspaceIds: readonly string[];
}

/**
 * The asked part of the deployments that the scope's actor may see. Of all that an organization has, newest first, no
 * more are read than are answered or left out before; of what is filtered or sorted otherwise, all, and so it is where
 * a deployment is older than ordered ids.
 */
export async function deploymentPage(
  scope: Scope,
  services: Services,
  organizationId: string,
  query: PageQuery & DeploymentFilter,
) {
  const { offset, limit, sorts, deploymentIds, names, workspaceIds } = query;
  const isFiltered = [deploymentIds, names, workspaceIds].some((filter) => filter.length > 0);
  const isNewestFirst = sorts.every((sort) => sort === 'createdAt:desc');
  if (!isFiltered && isNewestFirst && may(scope, 'deployment.get', { organizationId })) {
    const { deploymentCount: totalCount } = await getOrganization(services, organizationId);
    const newest = await newestDeployments(services, organizationId, Math.min(offset + limit, totalCount));
    if (newest.every(({ deploymentId }) => isOrdered(deploymentId, scope.now)))
      return { items: newest.slice(offset), totalCount, offset, limit };
  }
  const found = await listDeployments(scope, services, organizationId, query);
  const withStatus = found.map((item) => ({ ...item, status: deploymentStatus(item, scope.now).status }));
  return pageOf(withStatus, query);
}

async function listDeployments(
  scope: Scope,
  services: Services,
  organizationId: string,
  { deploymentIds, names, workspaceIds }: DeploymentFilter,
): Promise<DeploymentItem[]> {
  const found =
    deploymentIds.length > 0
      ? await findDeployments(services, organizationId, deploymentIds)
      : await allDeployments(services, organizationId);
  return found.filter(
    ({ deploymentId, workspaceId, name }) =>
      passes(names, name) &&
      passes(workspaceIds, workspaceId) &&
      may(scope, 'deployment.get', { organizationId, workspaceId, deploymentId }),
  );
}

async function allDeployments(services: Services, organizationId: string): Promise<DeploymentItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.deployment.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}

/** The last by their ids, which are the newest when their ids are ordered. */
async function newestDeployments(
  services: Services,
  organizationId: string,
  count: number,
): Promise<DeploymentItem[]> {
  if (count === 0) return [];
  const { data } = await services
    .store(organizationId)
    .entities.deployment.query.primary({ organizationId })
    .go({ order: 'desc', count, limit: count, consistent: true });
  return data;
}

function passes(filter: readonly string[], value: string): boolean {
  return filter.length === 0 || filter.includes(value);
}
