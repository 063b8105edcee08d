import { notFound } from '../errors.ts';
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
