import type { DeploymentIds } from '../deployment/entity.ts';
import { getDeployment } from '../deployment/read.ts';
import { invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { demandNotDeleting } from '../operation/ask.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { demandPipeline } from './cicd.ts';
import { dueOnceCollected } from './collect.ts';
import type { DeployItem } from './entity.ts';
import type { CreateDeployRequest } from './request.ts';

/** Begins a delivery of DAGs: what it delivers is uploaded next, and then it is finalized. */
export async function createDeploy(
  scope: Scope,
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  { type, description, git }: CreateDeployRequest,
): Promise<DeployItem> {
  const deployment = await getDeployment(services, { organizationId, deploymentId });
  if (type !== 'DAG_ONLY') {
    const message = `${type} deploys are not offered yet; deploy DAGs alone (astro deploy --dags)`;
    throw invalid({ field: 'type', code: 'not_offered', message });
  }
  if (!deployment.settings.isDagDeployEnabled) {
    const message = `dag deploy is not enabled for deployment ${deploymentId}`;
    throw invalid({ field: 'type', code: 'dag_deploy_disabled', message });
  }
  demandPipeline(scope, deployment);
  demandNotDeleting(deployment);
  const deployId = newId();
  const item: DeployItem = {
    organizationId,
    deploymentId,
    deployId,
    type,
    status: 'INITIALIZED',
    ...(description ? { description } : {}),
    ...(git === undefined ? {} : { git }),
    runtimeVersion: deployment.desired.runtimeVersion,
    ...dueOnceCollected(scope, deployId),
    ...created(scope),
  };
  const rejected = await refused(
    services.store(organizationId).transaction.write(({ deploy }) => [deploy.create(item).commit()]),
  );
  if (rejected.length > 0) throw new Stale(`Deploy ${deployId}`);
  return item;
}
