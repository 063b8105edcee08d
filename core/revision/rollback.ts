import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { demandWithinLimits } from '../deployment/limits.ts';
import { getDeployment } from '../deployment/read.ts';
import { planTo } from '../deployment/update.ts';
import { invalid } from '../errors.ts';
import { ask, demandNotDeleting } from '../operation/ask.ts';
import type { Plan } from '../operation/plan.ts';
import { findOperation } from '../operation/read.ts';
import { authorize } from '../permission/authorize.ts';
import { minorOf } from '../runtime/versions.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale } from '../store/transact.ts';
import { getRevision } from './read.ts';
import type { Spec } from './schema.ts';
import { keepingSecrets } from './secrets.ts';

/**
 * Has a deployment run again what a revision of it ran: code, image, variables, queues and sizes. A new revision is
 * made of it, in which what is secret at present stays so. 404 when there is no such revision, 400 when it never ran or
 * goes past what may run today, 403 when it has other code than is to run and the actor may not deploy.
 */
export async function rollBack(
  scope: Scope,
  services: Services,
  ids: DeploymentIds,
  revision: number,
): Promise<DeploymentItem> {
  return await retryStale(async () => {
    const deployment = await getDeployment(services, ids);
    const spec = await restorable(scope, services, deployment, revision);
    return await ask(scope, services, deployment, { kind: 'rollback', revision, spec });
  });
}

/** What rolling back would do, without doing it. */
export async function planRollBack(
  scope: Scope,
  services: Services,
  ids: DeploymentIds,
  revision: number,
): Promise<Plan> {
  const deployment = await getDeployment(services, ids);
  return await planTo(services, deployment, await restorable(scope, services, deployment, revision));
}

/** The spec of a revision that the actor may have run again, in a deployment that is not being deleted. */
async function restorable(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  number: number,
): Promise<Spec> {
  demandNotDeleting(deployment);
  const { operation, spec } = await getRevision(services, deployment, number);
  if (spec.bundle?.digest !== deployment.desired.bundle?.digest) {
    const { organizationId, workspaceId, deploymentId } = deployment;
    authorize(scope, 'deploy.create', { organizationId, workspaceId, deploymentId });
  }
  const refuse = (message: string) => invalid({ field: 'revision', code: 'not_restorable', message });
  const { status } = await findOperation(services, deployment, operation);
  if (status !== 'SUCCEEDED') throw refuse(`revision ${number} never ran; choose one that did`);
  if (minorOf(spec.runtimeVersion) !== minorOf(deployment.desired.runtimeVersion)) {
    throw refuse(
      `revision ${number} runs Airflow ${minorOf(spec.runtimeVersion)}, whose database is another`,
    );
  }
  await demandWithinLimits(services, deployment, spec);
  return keepingSecrets(spec, deployment.desired);
}
