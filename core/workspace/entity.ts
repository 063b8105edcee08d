import { Entity, type EntityItem } from 'electrodb';
import { CloudProvider } from '../cell/place.ts';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/** A workspace of an organization. `deploymentCount` changes in the transactions that create and delete those. */
export function workspaceEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'workspace', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        workspaceId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        description: { type: 'string' },
        cicdEnforcedDefault: { type: 'boolean', required: true },
        defaultCloudProvider: { type: CloudProvider.options },
        defaultClusterId: { type: 'string' },
        defaultRegion: { type: 'string' },
        deploymentCount: { type: 'number', required: true },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: {
            field: 'sk',
            composite: ['workspaceId'],
            template: 'workspace#${workspaceId}',
            casing: 'none',
          },
        },
      },
    } as const,
    storage,
  );
}

export type WorkspaceItem = EntityItem<ReturnType<typeof workspaceEntity>>;
