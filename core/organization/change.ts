import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { OrganizationItem } from './entity.ts';
import { getOrganization } from './read.ts';

/** Changes these attributes of an organization and returns it as it is then; 404 when there is none. */
export async function changeOrganization(
  scope: Scope,
  services: Services,
  organizationId: string,
  changes: Partial<Pick<OrganizationItem, 'name' | 'billingEmail' | 'productPlan'>>,
): Promise<OrganizationItem> {
  return await retryStale(async () => {
    const item = await getOrganization(services, organizationId);
    const changed = { ...changes, ...updated(scope, item.version) };
    const rejected = await refused(
      services.store(organizationId).transaction.write(({ organization }) => [
        organization
          .patch({ organizationId })
          .set(changed)
          .where(({ version }, { eq }) => eq(version, item.version))
          .commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Organization ${organizationId}`);
    return { ...item, ...changed };
  });
}
