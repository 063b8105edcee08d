import { Entity, type EntityItem } from 'electrodb';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/** A role of an organization's own, which is held on deployments: what it permits there, and where it is given. */
export function roleEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'role', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        roleId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        description: { type: 'string', required: true },
        permissions: { type: 'list', items: { type: 'string' }, required: true },
        /** The workspaces in whose deployments it is given; none is any. */
        restrictedWorkspaceIds: { type: 'list', items: { type: 'string' }, required: true },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['roleId'], template: 'role#${roleId}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type RoleItem = EntityItem<ReturnType<typeof roleEntity>>;

/** Whose role, and which. */
export interface RoleIds {
  readonly organizationId: string;
  readonly roleId: string;
}
