import { Entity, type EntityItem } from 'electrodb';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';
import { ProductPlan } from './plans.ts';

/** Whether the organization may act. */
export const organizationStatuses = ['ACTIVE', 'INACTIVE', 'SUSPENDED'] as const;

/**
 * An organization. Its counts change in the same transaction as what they count, so that a plan's limit holds
 * under concurrency too.
 */
export function organizationEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'organization', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        productPlan: { type: ProductPlan.options, required: true },
        status: { type: organizationStatuses, required: true },
        billingEmail: { type: 'string' },
        trialExpiresAt: { type: 'string' },
        /** Users who are ORGANIZATION_OWNER: one at least, however many are changed at once. */
        ownerCount: { type: 'number', required: true },
        workspaceCount: { type: 'number', required: true },
        deploymentCount: { type: 'number', required: true },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: [], template: 'organization', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type OrganizationItem = EntityItem<ReturnType<typeof organizationEntity>>;
