import type { DeploymentIds } from '../deployment/entity.ts';
import type { Services } from '../services.ts';
import type { IntentItem, OperationItem } from './entity.ts';
import type { Intent } from './intent.ts';

/** An operation of a deployment; it is there as long as the deployment is. */
export async function findOperation(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  number: number,
): Promise<OperationItem> {
  const { data } = await services
    .store(organizationId)
    .entities.operation.get({ organizationId, deploymentId, number })
    .go({ consistent: true });
  if (data === null) throw new Error(`Deployment ${deploymentId} has no operation ${number}`);
  return data;
}

/** A deployment's operations, the newest first. */
export async function listOperations(services: Services, ids: DeploymentIds): Promise<OperationItem[]> {
  const { organizationId, deploymentId } = ids;
  const { data } = await services
    .store(organizationId)
    .entities.operation.query.primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true, order: 'desc' });
  return data;
}

/** The intents of a deployment by their numbers, from `first` to `last`, in their order. */
export async function listIntents(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  first: number,
  last: number,
): Promise<Intent[]> {
  if (first > last) return [];
  const { data } = await services
    .store(organizationId)
    .entities.intent.query.primary({ organizationId, deploymentId })
    .between({ number: first }, { number: last })
    .go({ pages: 'all', consistent: true });
  return data.map(({ intent }) => intent);
}

/** An intent of a deployment by its number, with who asked for it. */
export async function findIntent(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  number: number,
): Promise<IntentItem> {
  const { data } = await services
    .store(organizationId)
    .entities.intent.get({ organizationId, deploymentId, number })
    .go({ consistent: true });
  if (data === null) throw new Error(`Deployment ${deploymentId} has no intent ${number}`);
  return data;
}
