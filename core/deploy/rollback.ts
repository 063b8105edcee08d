import { getDeployment } from '../deployment/read.ts';
import { planTo } from '../deployment/update.ts';
import { invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { asking, demandNotDeleting, writesOf } from '../operation/ask.ts';
import type { Plan } from '../operation/plan.ts';
import type { Bundle } from '../revision/schema.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { dueOnceCollected } from './collect.ts';
import type { DeployItem } from './entity.ts';
import { getDeploy } from './read.ts';
import type { RollBackDeployRequest } from './request.ts';
import type { DeployIds } from './upload-url.ts';

/**
 * Has a deployment run the code of an earlier deploy again, and nothing else of what it ran then: a new deploy of the
 * same bundle. 400 when that one was never delivered.
 */
export async function rollBackDeploy(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  { description }: RollBackDeployRequest,
): Promise<DeployItem> {
  const { organizationId, deploymentId } = ids;
  const deployId = newId();
  return await retryStale(async () => {
    const { from, bundle } = await delivered(services, ids);
    const deployment = await getDeployment(services, ids);
    const asks = asking(scope, deployment, { kind: 'deploy', deployId, bundle });
    const item: DeployItem = {
      organizationId,
      deploymentId,
      deployId,
      type: from.type,
      status: 'INITIALIZED',
      ...(description ? { description } : {}),
      ...(from.git === undefined ? {} : { git: from.git }),
      runtimeVersion: deployment.desired.runtimeVersion,
      bundle,
      rollbackFromId: from.deployId,
      // Nothing is uploaded for it; but an item that can be due is so when it is created.
      ...dueOnceCollected(scope, deployId),
      ...created(scope),
    };
    const rejected = await refused(
      services
        .store(organizationId)
        .transaction.write((entities) => [
          entities.deploy.create(item).commit(),
          ...writesOf(entities, deployment, asks),
        ]),
    );
    if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
    return item;
  });
}

/** What rolling the code back would do, without doing it. */
export async function planRollBackDeploy(services: Services, ids: DeployIds): Promise<Plan> {
  const deployment = await getDeployment(services, ids);
  demandNotDeleting(deployment);
  const { bundle } = await delivered(services, ids);
  return await planTo(services, deployment, { ...deployment.desired, bundle });
}

async function delivered(services: Services, ids: DeployIds): Promise<{ from: DeployItem; bundle: Bundle }> {
  const from = await getDeploy(services, ids);
  const { bundle, status } = from;
  if (bundle !== undefined && status === 'DEPLOYED') return { from, bundle };
  const message = `deploy ${ids.deployId} was never delivered; choose one that is DEPLOYED`;
  throw invalid({ field: 'deployId', code: 'not_restorable', message });
}
