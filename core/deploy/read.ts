import type { DeploymentIds } from '../deployment/entity.ts';
import { notFound } from '../errors.ts';
import { type PageQuery, pageOf } from '../page.ts';
import type { Services } from '../services.ts';
import { findBatch } from '../store/batch.ts';
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

/**
 * The asked part of a deployment's deploys. Nothing counts them: the ids and times of all are read, and then those that
 * are answered.
 */
export async function deployPage(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  query: PageQuery,
) {
  const { deploy } = services.store(organizationId).entities;
  const { data } = await deploy.query
    .primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true, attributes: ['deployId', 'createdAt', 'updatedAt'] });
  const { items, ...page } = pageOf(data, query);
  const idOf = ({ deployId }: Pick<DeployItem, 'deployId'>) => deployId;
  const found = await findBatch<DeployItem>('A deploy', items.map(idOf), idOf, (ids) =>
    deploy.get(ids.map((deployId) => ({ organizationId, deploymentId, deployId }))).go({ consistent: true }),
  );
  return { ...page, items: found };
}
