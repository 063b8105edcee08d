import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDeployment } from '../store/keys.ts';
import type { Subject } from '../subject.ts';
import type { Intent } from './intent.ts';
import { OperationKind, type Plan } from './plan.ts';

/** Of an operation. What still waits to be carried by one is an intent. */
export const operationStatuses = ['RUNNING', 'SUCCEEDED', 'FAILED'] as const;

/** A step of an operation; its end is the next step's start. */
export interface OperationStep {
  readonly name: string;
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** Carrying out the intents from `firstIntent` to `lastIntent`: from one revision to another, or to nothing. */
export function operationEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'operation', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        number: { type: 'number', required: true, padding: { length: 6, char: '0' } },
        kind: { type: OperationKind.options, required: true },
        status: { type: operationStatuses, required: true },
        plan: { type: CustomAttributeType<Plan>('any'), required: true },
        fromRevision: { type: 'number' },
        toRevision: { type: 'number' },
        firstIntent: { type: 'number', required: true },
        lastIntent: { type: 'number', required: true },
        attempt: { type: 'number', required: true },
        steps: { type: CustomAttributeType<readonly OperationStep[]>('any'), required: true },
        /** Why it failed, set as soon as it is being put back; or what it left out, when it succeeded. */
        reason: { type: 'string' },
        endedAt: { type: 'string' },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: { field: 'sk', composite: ['number'], template: 'operation#${number}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

/** An intent with its place in the deployment's order, and who asked for it when. Never changed. */
export function intentEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'intent', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        deploymentId: { type: 'string', required: true },
        number: { type: 'number', required: true, padding: { length: 6, char: '0' } },
        intent: { type: CustomAttributeType<Intent>('any'), required: true },
        createdAt: { type: 'string', required: true },
        createdBy: { type: CustomAttributeType<Subject>('any'), required: true },
      },
      indexes: {
        primary: {
          pk: inDeployment,
          sk: { field: 'sk', composite: ['number'], template: 'intent#${number}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type OperationItem = EntityItem<ReturnType<typeof operationEntity>>;

export type IntentItem = EntityItem<ReturnType<typeof intentEntity>>;
