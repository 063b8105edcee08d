import { Entity, type EntityItem } from 'electrodb';
import { dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDeployment, inDue } from '../store/keys.ts';

/**
 * An immutable set of a deployment's variables, whose values are in the secret of this name. It is due until a
 * revision refers to it: a set that never was is removed with its secret.
 */
export function variableSetEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'variableSet', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        variableSetId: { type: 'string', required: true },
        secretName: { type: 'string', required: true },
        createdAt: { type: 'string', required: true },
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: {
            field: 'sk',
            composite: ['variableSetId'],
            template: 'variableSet#${variableSetId}',
            casing: 'none',
          },
        },
        due: inDue('variableSetId'),
      },
    } as const,
    storage,
  );
}

export type VariableSetItem = EntityItem<ReturnType<typeof variableSetEntity>>;
