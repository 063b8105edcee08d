import type { DeploymentItem } from '../deployment/entity.ts';
import { conflict } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueNow, updated } from '../store/attributes.ts';
import type { TransactionEntities } from '../store/store.ts';
import { refused, Stale } from '../store/transact.ts';
import { subjectOf } from '../subject.ts';
import { fold, type Intent } from './intent.ts';

/** Asks for an intent and nothing beside it, and answers the deployment as it is then. 409 when it is being deleted. */
export async function ask(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  intent: Intent,
): Promise<DeploymentItem> {
  const asks = asking(scope, deployment, intent);
  const rejected = await refused(
    services
      .store(deployment.organizationId)
      .transaction.write((entities) => [...writesOf(entities, deployment, asks)]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deployment.deploymentId}`);
  return { ...deployment, ...asks.deployment };
}

/**
 * What asking for an intent changes: the deployment's item, which becomes due, and the intent's own item. The caller
 * writes both in one transaction (`writesOf`). Throws 409 when it is being deleted.
 */
export function asking(scope: Scope, deployment: DeploymentItem, intent: Intent) {
  const { organizationId, deploymentId, version, intentCount, lastIntentAt, createdAt, desired } = deployment;
  demandNotDeleting(deployment);
  const number = intentCount + 1;
  const at = laterOf(timestamp(scope), lastIntentAt ?? createdAt);
  return {
    deployment: {
      ...updated(scope, version),
      ...dueNow(scope, deploymentId),
      intentCount: number,
      lastIntentAt: at,
      desired: fold(desired, [intent]) ?? desired,
      isDeleting: intent.kind === 'delete',
    },
    intent: asked(scope, { organizationId, deploymentId }, number, intent, at),
  };
}

/** The writes of `asking`, for the caller's transaction: they expect the deployment as it was read. */
export function writesOf(
  entities: TransactionEntities,
  { organizationId, deploymentId, version }: DeploymentItem,
  asks: ReturnType<typeof asking>,
) {
  return [
    entities.deployment
      .patch({ organizationId, deploymentId })
      .set(asks.deployment)
      .where((has, { eq }) => eq(has.version, version))
      .commit(),
    entities.intent.create(asks.intent).commit(),
  ] as const;
}

/** Throws 409 when a deployment is being deleted. */
export function demandNotDeleting({ isDeleting }: DeploymentItem): void {
  if (isDeleting) {
    throw conflict('The deployment is being deleted. Nothing about it can be changed any more.');
  }
}

/** The item of an intent. */
export function asked(
  scope: Scope,
  ids: { readonly organizationId: string; readonly deploymentId: string },
  number: number,
  intent: Intent,
  createdAt = timestamp(scope),
) {
  return { ...ids, number, intent, createdAt, createdBy: subjectOf(scope.actor) };
}

/** Of two that ask at the same moment the first to be written may have begun last. */
function laterOf(a: string, b: string): string {
  return a < b ? b : a;
}
