import { Entity } from 'electrodb';
import type { Storage } from '../store/entity.ts';

/** Whose a namespace is: how the front door finds the deployment that a path names. */
export function namespaceEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'namespace', version: '1', service: 'windsock' },
      attributes: {
        namespace: { type: 'string', required: true },
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['namespace'], template: 'namespace#${namespace}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'namespace', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}
