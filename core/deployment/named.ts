import { Id } from '../id.ts';
import type { Services } from '../services.ts';

/** What a deployment's name, as it is taken in its workspace, tells of it; the name as it is compared. */
export interface Named {
  readonly deploymentId: string;
  readonly workspaceId: string;
  readonly name: string;
}

/** So many workspaces are asked one by one; of more, the organization's names are read once. */
const MOST_QUERIES = 10;

/**
 * The names of the deployments of these workspaces, or of the organization when none are given, in the order of the
 * deployments' ids. They are small: a thousand of them cost as much to read as some dozens of deployments.
 */
export async function namedDeployments(
  services: Services,
  organizationId: string,
  workspaceIds: readonly string[],
): Promise<Named[]> {
  const { query } = services.store(organizationId).entities.name;
  const asked = new Set(workspaceIds.filter(isId));
  const isEach = workspaceIds.length > 0 && asked.size <= MOST_QUERIES;
  const parents = isEach ? [...asked].map((parentId) => ({ parentId })) : [{}];
  const found = await Promise.all(
    parents.map((parent) =>
      query.primary({ organizationId, ...parent }).go({ pages: 'all', consistent: true }),
    ),
  );
  return found
    .flatMap(({ data }) => data)
    .filter(({ parentId }) => parentId !== organizationId && isId(parentId))
    .filter(({ parentId }) => workspaceIds.length === 0 || asked.has(parentId))
    .map(({ ownerId, parentId, name }) => ({ deploymentId: ownerId, workspaceId: parentId, name }))
    .toSorted((a, b) => (a.deploymentId < b.deploymentId ? -1 : 1));
}

/** The names of workspaces stand under the organization's id, those of teams and roles under none. */
function isId(parentId: string): boolean {
  return Id.safeParse(parentId).success;
}
