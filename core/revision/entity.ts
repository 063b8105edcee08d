import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Storage } from '../store/entity.ts';
import { inDeployment } from '../store/keys.ts';
import type { Generations, Spec } from './schema.ts';

/** An immutable, numbered snapshot of everything a deployment runs; made by the operation that starts it. */
export function revisionEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'revision', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        number: { type: 'number', required: true, padding: { length: 6, char: '0' } },
        operation: { type: 'number', required: true },
        spec: { type: CustomAttributeType<Spec>('any'), required: true },
        generations: { type: CustomAttributeType<Generations>('any'), required: true },
        createdAt: { type: 'string', required: true },
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: { field: 'sk', composite: ['number'], template: 'revision#${number}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type RevisionItem = EntityItem<ReturnType<typeof revisionEntity>>;
