import { resourceName } from '../component/names.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { deleteServices } from '../workflow/ecs-services.ts';
import { scaleDraining } from '../workflow/scale-draining.ts';

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
