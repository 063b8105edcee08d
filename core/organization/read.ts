import { notFound } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { OrganizationItem } from './entity.ts';

/** An organization, or 404. */
export async function getOrganization(services: Services, organizationId: string): Promise<OrganizationItem> {
  const { data } = await services
    .store(organizationId)
    .entities.organization.get({ organizationId })
    .go({ consistent: true });
  if (data === null) throw notFound('organization', organizationId);
  return data;
}

/** The organizations that the scope's user is a member of, or the one that its API token is of. */
export async function listOrganizations({ actor }: Scope, services: Services): Promise<OrganizationItem[]> {
  if (actor.type === 'apiToken') return [await getOrganization(services, actor.organizationId)];
  if (actor.type !== 'user') return [];
  const { userId } = actor;
  const { data } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
  const organizationIds = data?.organizationIds ?? [];
  return await Promise.all(organizationIds.map((id) => getOrganization(services, id)));
}
