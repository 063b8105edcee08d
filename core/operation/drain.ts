import { resourceName } from '../component/names.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { deleteServices } from '../workflow/ecs-services.ts';
import { scaleDraining } from '../workflow/scale-draining.ts';

/** Workers that end what they run are looked after so often. */
export const DRAIN_SECONDS = 60;

/**
 * Looks after the services of workers that go, and deletes those whose last worker has gone; returns the others. Safe to
 * repeat, and while an operation works on the deployment: no revision comes back to these services.
 */
export async function collectDrained(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
): Promise<string[]> {
  const { deploymentId, draining } = deployment;
  const left = await scaleDraining(scope, services, deployment, draining);
  const gone = draining.filter((component) => !left.includes(component));
  await deleteServices(
    services,
    gone.map((component) => resourceName(deploymentId, component)),
  );
  return left;
}

/** Keeps which of them are left, and looks again later while there are any; a task takes as long as it takes. */
export async function keepDraining(
  scope: Scope,
  services: Services,
  { organizationId, deploymentId, version }: DeploymentItem,
  left: string[],
): Promise<void> {
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => {
      const ids = { organizationId, deploymentId };
      const change = { version: version + 1, draining: left };
      const patch = entities.deployment.patch(ids);
      const changed =
        left.length > 0
          ? patch.set({ ...change, ...dueAfter(scope, deploymentId, DRAIN_SECONDS) })
          : patch.set(change).remove(['dueShard', 'dueAt']);
      return [changed.where((has, { eq }) => eq(has.version, version)).commit()];
    }),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
}
