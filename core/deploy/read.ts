import type { DeploymentIds } from '../deployment/entity.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import type { DeployItem } from './entity.ts';
import type { DeployIds } from './upload-url.ts';

/** A deploy, or 404. */
export async function getDeploy(
  services: Services,
  { organizationId, deploymentId, deployId }: DeployIds,
): Promise<DeployItem> {
  const { data } = await services
    .store(organizationId)
    .entities.deploy.get({ organizationId, deploymentId, deployId })
    .go({ consistent: true });
  if (data === null) throw notFound('deploy', deployId);
  return data;
}

/** All deploys of a deployment. */
export async function listDeploys(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
): Promise<DeployItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.deploy.query.primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true });
  return data;
}
