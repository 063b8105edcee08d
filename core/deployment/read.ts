import { notFound } from '../errors.ts';
import { may } from '../permission/authorize.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale, Stale } from '../store/transact.ts';
import type { DeploymentIds, DeploymentItem } from './entity.ts';

/** A deployment, or 404. */
export async function getDeployment(services: Services, ids: DeploymentIds): Promise<DeploymentItem> {
  const item = await findDeployment(services, ids);
  if (item === undefined) throw notFound('deployment', ids.deploymentId);
  return item;
}

/** A deployment as it is at this moment, or undefined. */
export async function findDeployment(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
): Promise<DeploymentItem | undefined> {
  const { data } = await services
    .store(organizationId)
    .entities.deployment.get({ organizationId, deploymentId })
    .go({ consistent: true });
  return data ?? undefined;
}

/** Which deployments a list shall have; an empty filter lets all pass. */
export interface DeploymentFilter {
  readonly deploymentIds: readonly string[];
  readonly names: readonly string[];
  readonly workspaceIds: readonly string[];
}

/** The deployments of an organization that the scope's actor may see and the filter lets pass. */
export async function listDeployments(
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

/** Those of these deployments that are there, each once. What DynamoDB leaves out under load is asked for again. */
export async function findDeployments(
  services: Services,
  organizationId: string,
  deploymentIds: readonly string[],
): Promise<DeploymentItem[]> {
  const keys = [...new Set(deploymentIds)].map((deploymentId) => ({ organizationId, deploymentId }));
  return await retryStale(async () => {
    const { data, unprocessed } = await services
      .store(organizationId)
      .entities.deployment.get(keys)
      .go({ consistent: true });
    if (unprocessed.length > 0) throw new Stale('A deployment');
    return data;
  });
}

async function allDeployments(services: Services, organizationId: string): Promise<DeploymentItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.deployment.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}

function passes(filter: readonly string[], value: string): boolean {
  return filter.length === 0 || filter.includes(value);
}
