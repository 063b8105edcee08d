import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { OutOfMemory } from '../out-of-memory/schema.ts';
import type { Spec } from '../revision/schema.ts';
import { auditAttributes, dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDue, inOrganization } from '../store/keys.ts';
import type { DeploymentSettings } from './settings.ts';

/** The operation a deployment is in: its number, and the attempt whose steps may write. */
export interface CurrentOperation {
  readonly number: number;
  readonly attempt: number;
}

/**
 * A deployment. `desired` is what is to run once all intents are carried out, `running` the number of the revision
 * that does run. Intents, operations and revisions are numbered from 1; the counts are the last number of each, and
 * intents up to `carriedIntents` were taken over by an operation.
 */
export function deploymentEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'deployment', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        workspaceId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        namespace: { type: 'string', required: true },
        cellId: { type: 'string', required: true },
        settings: { type: CustomAttributeType<DeploymentSettings>('any'), required: true },
        desired: { type: CustomAttributeType<Spec>('any'), required: true },
        running: { type: 'number' },
        runningBundleVersion: { type: 'string' },
        operation: { type: CustomAttributeType<CurrentOperation>('any') },
        operationCount: { type: 'number', required: true },
        revisionCount: { type: 'number', required: true },
        intentCount: { type: 'number', required: true },
        /** When the last intent was asked for: those of later numbers are of no earlier time. */
        lastIntentAt: { type: 'string' },
        carriedIntents: { type: 'number', required: true },
        /** Services of workers that go: they end what they run, or empty their queue. Each is deleted once it has none. */
        draining: { type: 'list', items: { type: 'string' }, required: true },
        isDeleting: { type: 'boolean', required: true },
        /** Why the last operation failed, or left something out, until one succeeds with all that it carries. */
        failure: { type: 'string' },
        /** Whether what ran before that operation was put back and is not healthy, until all of it is seen to be. */
        isUnhealthy: { type: 'boolean' },
        /** What ran out of memory, the newest first. */
        outOfMemory: { type: CustomAttributeType<readonly OutOfMemory[]>('any') },
        ...auditAttributes,
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: {
            field: 'sk',
            composite: ['deploymentId'],
            template: 'deployment#${deploymentId}',
            casing: 'none',
          },
        },
        due: inDue('deploymentId'),
      },
    } as const,
    storage,
  );
}

export type DeploymentItem = EntityItem<ReturnType<typeof deploymentEntity>>;

/** Whose deployment, and which. */
export interface DeploymentIds {
  readonly organizationId: string;
  readonly deploymentId: string;
}
