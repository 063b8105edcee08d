import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import { dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDue, inOrganization } from '../store/keys.ts';
import type { Subject } from '../subject.ts';

export const auditActions = ['CREATE', 'UPDATE', 'DELETE'] as const;

/** Fields of a thing by their names, as the API has them. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * One change of one thing of an organization. `entryId` begins with the time, and follows from the change itself, so
 * that an entry that is written again is the same one. Never changed; deleted with its day.
 */
export function auditEntryEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'auditEntry', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        entryId: { type: 'string', required: true },
        timestamp: { type: 'string', required: true },
        requestId: { type: 'string' },
        subject: { type: CustomAttributeType<Subject>('any'), required: true },
        action: { type: auditActions, required: true },
        resourceType: { type: 'string', required: true },
        resourceId: { type: 'string', required: true },
        /** The fields that changed, as they were; none of what was created. */
        before: { type: CustomAttributeType<Fields>('any'), required: true },
        after: { type: CustomAttributeType<Fields>('any'), required: true },
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['entryId'], template: 'audit#${entryId}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

/** A day (`2026-01-31`, UTC) of which an organization has entries. It is due when they have been kept long enough. */
export function auditDayEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'auditDay', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        day: { type: 'string', required: true },
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['day'], template: 'audit-day#${day}', casing: 'none' },
        },
        due: inDue('organizationId'),
      },
    } as const,
    storage,
  );
}

export type AuditEntryItem = EntityItem<ReturnType<typeof auditEntryEntity>>;

export type AuditDayItem = EntityItem<ReturnType<typeof auditDayEntity>>;
