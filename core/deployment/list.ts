import { isOrdered } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { getOrganization } from '../organization/read.ts';
import { type PageQuery, pageOf } from '../page.ts';
import { may } from '../permission/authorize.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { DeploymentItem } from './entity.ts';
import { type Named, namedDeployments } from './named.ts';
import { findDeployments } from './read.ts';
import { deploymentStatus } from './status.ts';

/** Which deployments a list shall have; an empty filter lets all pass. */
export interface DeploymentFilter {
  readonly deploymentIds: readonly string[];
  readonly names: readonly string[];
  readonly workspaceIds: readonly string[];
}

/** What does not stand with a name: to sort by it, deployments are read. */
const READ_TO_SORT = ['updatedAt', 'status'];

/**
 * The asked part of the deployments that the scope's actor may see. Read are those that are answered, or those before
 * them when all are listed newest first; all that pass the filter only where they are sorted by what changes, or where
 * one is older than ordered ids.
 */
export async function deploymentPage(
  scope: Scope,
  services: Services,
  organizationId: string,
  query: PageQuery & DeploymentFilter,
) {
  const { offset, limit, sorts, deploymentIds, names, workspaceIds } = query;
  const areOrdered = (found: readonly Pick<Named, 'deploymentId'>[]) =>
    found.every(({ deploymentId }) => isOrdered(deploymentId, scope.now));
  const isListed = ({ deploymentId, workspaceId }: Named) =>
    passes(workspaceIds, workspaceId) &&
    may(scope, 'deployment.get', { organizationId, workspaceId, deploymentId });
  const pageOfRead = async (ids: readonly string[]) => {
    const found = (await findDeployments(services, organizationId, ids)).filter(
      (item) => passes(names, item.name) && isListed(item),
    );
    const withStatus = found.map((item) => ({ ...item, status: deploymentStatus(item, scope.now).status }));
    return pageOf(withStatus, query);
  };

  const isFiltered = [deploymentIds, names, workspaceIds].some((filter) => filter.length > 0);
  const isNewestFirst = sorts.every((sort) => sort === 'createdAt:desc');
  if (!isFiltered && isNewestFirst && may(scope, 'deployment.get', { organizationId })) {
    const { deploymentCount: totalCount } = await getOrganization(services, organizationId);
    const newest = await newestDeployments(services, organizationId, Math.min(offset + limit, totalCount));
    if (areOrdered(newest)) return { items: newest.slice(offset), totalCount, offset, limit };
  }
  if (deploymentIds.length > 0) return await pageOfRead(deploymentIds);
  const compared = names.map(comparable);
  const listed = (await namedDeployments(services, organizationId, workspaceIds)).filter(
    (one) => passes(compared, one.name) && isListed(one),
  );
  const isReadToSort = sorts.some((sort) => READ_TO_SORT.includes(sort.split(':')[0] ?? ''));
  if (names.length > 0 || isReadToSort || !areOrdered(listed)) {
    return await pageOfRead(listed.map(({ deploymentId }) => deploymentId));
  }
  // Ordered ids sort as the times of their making.
  const page = pageOf(
    listed.map((one) => ({ ...one, createdAt: one.deploymentId })),
    query,
  );
  const ids = page.items.map(({ deploymentId }) => deploymentId);
  return { ...page, items: await findDeployments(services, organizationId, ids) };
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
