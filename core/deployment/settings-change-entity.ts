import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Fields } from '../audit/entity.ts';
import type { Storage } from '../store/entity.ts';
import { inDeployment } from '../store/keys.ts';
import type { Subject } from '../subject.ts';

/** What a request changed of a deployment's name and settings, by the version that it made. Never changed. */
export function settingsChangeEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'settingsChange', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        version: { type: 'number', required: true, padding: { length: 6, char: '0' } },
        before: { type: CustomAttributeType<Fields>('any'), required: true },
        after: { type: CustomAttributeType<Fields>('any'), required: true },
        createdAt: { type: 'string', required: true },
        createdBy: { type: CustomAttributeType<Subject>('any'), required: true },
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: { field: 'sk', composite: ['version'], template: 'settings#${version}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type SettingsChangeItem = EntityItem<ReturnType<typeof settingsChangeEntity>>;
