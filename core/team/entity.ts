import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Roles } from '../permission/roles.ts';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/** A named group of an organization's members, and the roles that each of them holds by it. Who is in it, the members say. */
export function teamEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'team', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        teamId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        description: { type: 'string', required: true },
        roles: { type: CustomAttributeType<Roles>('any'), required: true },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['teamId'], template: 'team#${teamId}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type TeamItem = EntityItem<ReturnType<typeof teamEntity>>;

/** Whose team, and which. */
export interface TeamIds {
  readonly organizationId: string;
  readonly teamId: string;
}
