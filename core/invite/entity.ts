import { Entity, type EntityItem } from 'electrodb';
import { OrganizationRole } from '../permission/roles.ts';
import { auditAttributes, dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDue, inOrganization } from '../store/keys.ts';

/** MAILING: its mail has to go out. SENT: it waits to be accepted, until it expires and is deleted. */
export const inviteStatuses = ['MAILING', 'SENT'] as const;

/**
 * An open invite to an organization; one that was accepted, taken back or has expired is deleted. The token of its
 * link is derived from its id and the platform's key, and is stored nowhere.
 */
export function inviteEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'invite', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        inviteId: { type: 'string', required: true },
        status: { type: inviteStatuses, required: true },
        email: { type: 'string', required: true },
        role: { type: OrganizationRole.options, required: true },
        expiresAt: { type: 'string', required: true },
        ...auditAttributes,
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['inviteId'], template: 'invite#${inviteId}', casing: 'none' },
        },
        due: inDue('inviteId'),
      },
    } as const,
    storage,
  );
}

export type InviteItem = EntityItem<ReturnType<typeof inviteEntity>>;

/** Whose invite, and which. */
export interface InviteIds {
  readonly organizationId: string;
  readonly inviteId: string;
}
