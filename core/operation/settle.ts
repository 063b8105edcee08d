import type { DeploymentItem } from '../deployment/entity.ts';
import { findRevision } from '../revision/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { seenStability } from '../workflow/await-stable.ts';

/** Workers that end what they run, and what is not healthy, are looked after so often. */
const LOOK_SECONDS = 60;

/**
 * Of a deployment that no operation works on: keeps which services of workers still go, and that it is healthy again
 * once all that runs is. Looks again later while there is anything to look for, a task takes as long as it takes; else
 * it leaves the `due` index.
 */
export async function settle(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  draining: string[],
): Promise<void> {
  const { organizationId, deploymentId, version, isUnhealthy = false } = deployment;
  const hasRecovered = isUnhealthy && (await isHealthy(services, deployment));
  const looksAgain = draining.length > 0 || (isUnhealthy && !hasRecovered);
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .patch({ organizationId, deploymentId })
        .set({
          version: version + 1,
          draining,
          ...(looksAgain ? dueAfter(scope, deploymentId, LOOK_SECONDS) : {}),
        })
        .remove([
          ...(hasRecovered ? (['isUnhealthy', 'failure'] as const) : []),
          ...(looksAgain ? [] : (['dueShard', 'dueAt'] as const)),
        ])
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
}

async function isHealthy(services: Services, deployment: DeploymentItem): Promise<boolean> {
  if (deployment.running === undefined) return false;
  const revision = await findRevision(services, deployment, deployment.running);
  return (await seenStability({ services, deployment }, revision)).status === 'stable';
}
