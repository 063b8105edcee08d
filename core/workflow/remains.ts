import { resourceName } from '../component/names.ts';
import { componentsOf } from '../component/service.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import type { Services } from '../services.ts';

/** What a deployment may have on ECS: services, and families of task definitions and tasks. */
export interface Remains {
  readonly services: readonly string[];
  readonly families: readonly string[];
}

/** The names of everything that any revision of a deployment ever had on ECS. */
export async function remainsOf(services: Services, ids: DeploymentIds): Promise<Remains> {
  const { organizationId, deploymentId } = ids;
  const { data } = await services
    .store(organizationId)
    .entities.revision.query.primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true });
  const components = data.flatMap(componentsOf);
  const unique = (names: readonly string[]) =>
    [...new Set(names)].map((name) => resourceName(deploymentId, name));
  return {
    services: unique(components.map(({ name }) => name)),
    families: unique([
      ...components.map((component) =>
        component.kind === 'worker' ? `worker-${component.queue.name}` : component.name,
      ),
      'database',
    ]),
  };
}
