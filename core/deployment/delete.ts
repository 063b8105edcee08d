import { ask } from '../operation/ask.ts';
import { type Plan, plan } from '../operation/plan.ts';
import { findRevision } from '../revision/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale } from '../store/transact.ts';
import type { DeploymentIds } from './entity.ts';
import { getDeployment } from './read.ts';

/**
 * Asks for a deployment to be deleted. What is being done to it ends at its next step; then an operation removes
 * all of it. Asking again changes nothing.
 */
export async function deleteDeployment(scope: Scope, services: Services, ids: DeploymentIds): Promise<void> {
  await retryStale(async () => {
    const deployment = await getDeployment(services, ids);
    if (deployment.isDeleting) return;
    await ask(scope, services, deployment, { kind: 'delete' });
  });
}

/** What a delete would do, without doing it. */
export async function planDelete(services: Services, ids: DeploymentIds): Promise<Plan> {
  return await retryStale(async () => {
    const { running } = await getDeployment(services, ids);
    return plan(running === undefined ? undefined : await findRevision(services, ids, running), undefined);
  });
}
