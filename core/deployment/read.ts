import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import { findBatch } from '../store/batch.ts';
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

/** Those of these deployments that are there, in this order, each once. */
export async function findDeployments(
  services: Services,
  organizationId: string,
  deploymentIds: readonly string[],
): Promise<DeploymentItem[]> {
  const { deployment } = services.store(organizationId).entities;
  return await findBatch<DeploymentItem>(
    'A deployment',
    deploymentIds,
    ({ deploymentId }) => deploymentId,
    (ids) =>
      deployment.get(ids.map((deploymentId) => ({ organizationId, deploymentId }))).go({ consistent: true }),
  );
}
