import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { type Numbers, numbersOf, type PageQuery } from '../page.ts';
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

/** The asked part of a deployment's operations, the newest first unless told; no others are read. */
export async function operationPage(services: Services, deployment: DeploymentItem, query: PageQuery) {
  const { operationCount: totalCount } = deployment;
  const items = await listOperations(services, deployment, numbersOf(totalCount, query));
  return { items, totalCount, offset: query.offset, limit: query.limit };
}

/** The operations of a deployment by their numbers. */
export async function listOperations(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  { first, last, order }: Numbers,
): Promise<OperationItem[]> {
  if (first > last) return [];
  const { data } = await services
    .store(organizationId)
    .entities.operation.query.primary({ organizationId, deploymentId })
    .between({ number: first }, { number: last })
    .go({ pages: 'all', consistent: true, order });
  return data;
}

/** The intents of a deployment by their numbers, from `first` to `last`, in their order. */
export async function listIntents(
  services: Services,
  ids: DeploymentIds,
  first: number,
  last: number,
): Promise<Intent[]> {
  return (await listIntentItems(services, ids, first, last)).map(({ intent }) => intent);
}

/** The same with who asked for each, and when. */
export async function listIntentItems(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  first: number,
  last: number,
): Promise<IntentItem[]> {
  if (first > last) return [];
  const { data } = await services
    .store(organizationId)
    .entities.intent.query.primary({ organizationId, deploymentId })
    .between({ number: first }, { number: last })
    .go({ pages: 'all', consistent: true });
  return data;
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
