import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Bundle } from '../revision/schema.ts';
import { auditAttributes, dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDeployment, inDue } from '../store/keys.ts';
import type { DeployGit } from './schema.ts';

/** INITIALIZED: waits for its upload and to be finalized, then for its operation. */
export const deployStatuses = ['INITIALIZED', 'DEPLOYED', 'FAILED'] as const;

/**
 * A user's delivery of code. `bundle` is set when it is finalized. It is due when nothing can be uploaded for it any
 * more, and what was is deleted.
 */
export function deployEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'deploy', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        deployId: { type: 'string', required: true },
        type: { type: ['DAG_ONLY'] as const, required: true },
        status: { type: deployStatuses, required: true },
        description: { type: 'string' },
        git: { type: CustomAttributeType<DeployGit>('any') },
        runtimeVersion: { type: 'string', required: true },
        bundle: { type: CustomAttributeType<Bundle>('any') },
        /** The deploy whose code this one delivers again. */
        rollbackFromId: { type: 'string' },
        /** All that was sent to its upload URL so far. */
        uploadRequests: { type: 'number' },
        uploadBytes: { type: 'number' },
        ...dueAttributes,
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: { field: 'sk', composite: ['deployId'], template: 'deploy#${deployId}', casing: 'none' },
        },
        due: inDue('deployId'),
      },
    } as const,
    storage,
  );
}

export type DeployItem = EntityItem<ReturnType<typeof deployEntity>>;
