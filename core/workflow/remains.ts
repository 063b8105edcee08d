import { resourceName } from '../component/names.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import type { Services } from '../services.ts';
import { pagesOf } from '../store/pages.ts';

/** What a deployment may have on ECS: services, and families of task definitions and tasks. */
export interface Remains {
  readonly services: readonly string[];
  readonly families: readonly string[];
}

/**
 * The names of everything that a deployment ever had on ECS. A service is started by an operation, whose plan names it;
 * a revision, which has it too, has all variables beside it, and is up to a hundred times as much to read.
 */
export async function remainsOf(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
): Promise<Remains> {
  const { query } = services.store(organizationId).entities.operation;
  const pages = pagesOf((cursor) =>
    query.primary({ organizationId, deploymentId }).go({ cursor, consistent: true, attributes: ['plan'] }),
  );
  const started = new Set<string>();
  for await (const operations of pages) {
    for (const { plan } of operations) for (const name of plan.components.started) started.add(name);
  }
  const named = (names: Iterable<string>) =>
    [...new Set(names)].map((name) => resourceName(deploymentId, name));
  return { services: named(started), families: named([...[...started].map(familyOf), 'database']) };
}

/** The workers of a queue are of one family, whichever generation they are of: `worker-<queue>-<generation>`. */
function familyOf(service: string): string {
  return service.startsWith('worker-') ? service.replace(/-\d+$/, '') : service;
}
