import { resourceName } from '../component/names.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { deleteServices, describeServices, scaleToNone } from '../workflow/ecs-services.ts';

/** Workers that end what they run are looked after so often. */
export const DRAIN_SECONDS = 60;

/**
 * Has the services of workers that go start none any more: ECS stops no worker that is protected. Deletes those whose
 * last worker has gone, and looks again later while there are others; a task takes as long as it takes. Safe to repeat.
 */
export async function collectDrained(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
): Promise<void> {
  const { organizationId, deploymentId, version, draining } = deployment;
  const nameOf = (component: string) => resourceName(deploymentId, component);
  await scaleToNone(services, draining.map(nameOf));
  const described = await describeServices(services, draining.map(nameOf));
  const busy = new Set(
    described
      .filter(({ runningCount = 0, pendingCount = 0 }) => runningCount + pendingCount > 0)
      .map(({ serviceName }) => serviceName),
  );
  const left = draining.filter((component) => busy.has(nameOf(component)));
  await deleteServices(
    services,
    draining.map(nameOf).filter((name) => !busy.has(name)),
  );
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
