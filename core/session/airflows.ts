import { urlOf } from '../cell/schema.ts';
import type { Services } from '../services.ts';
import { readAccess } from '../user/access.ts';
import type { UserItem } from '../user/entity.ts';
import { airflowRoleOn } from './airflow-role.ts';

/** A deployment's Airflow, as somebody finds it who has just signed in. */
export interface FoundAirflow {
  readonly name: string;
  readonly url: string;
}

/** The Airflows that a user may open, of all organizations, by name. */
export async function findAirflows(services: Services, user: UserItem): Promise<FoundAirflow[]> {
  const { userId, organizationIds } = user;
  const found = await Promise.all(
    organizationIds.map(async (organizationId) => {
      const access = await readAccess(services, organizationId, { type: 'user', userId });
      const { data } = await services
        .store(organizationId)
        .entities.deployment.query.primary({ organizationId })
        .go({ pages: 'all' });
      return data.filter(
        ({ workspaceId, deploymentId }) =>
          airflowRoleOn(access, { organizationId, workspaceId, deploymentId }) !== undefined,
      );
    }),
  );
  const { publicUrl } = services.environment.CELL;
  return found
    .flat()
    .map(({ name, namespace }) => ({ name, url: urlOf(publicUrl, namespace) }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
