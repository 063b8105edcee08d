import { Entity, type EntityItem } from 'electrodb';
import { expiryAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inExpiry } from '../store/keys.ts';

/**
 * Where a request with an idempotency key is. RUNNING: nothing is changed yet. COMMITTED: its command has changed
 * what it changes, and it has not answered. ANSWERED: its outcome is kept.
 */
export const idempotencyStatuses = ['RUNNING', 'COMMITTED', 'ANSWERED'] as const;

/**
 * A request with an idempotency key, in its tenant's partition, or its caller's where it has no tenant. `keyId` and
 * `fingerprint` are digests of the key and of the request; `outcome` can only be read with the key itself.
 */
export function idempotencyEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'idempotency', version: '1', service: 'windsock' },
      attributes: {
        owner: { type: 'string', required: true },
        keyId: { type: 'string', required: true },
        status: { type: idempotencyStatuses, required: true },
        fingerprint: { type: 'string', required: true },
        /** Which try of the request may change anything; another try is not to begin before this time. */
        attempt: { type: 'string', required: true },
        attemptUntil: { type: 'string', required: true },
        outcome: { type: 'string' },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: {
            field: 'pk',
            composite: ['owner', 'keyId'],
            template: '${owner}#idempotency#${keyId}',
            casing: 'none',
          },
          sk: { field: 'sk', composite: [], template: 'idempotency', casing: 'none' },
        },
        expiry: inExpiry('keyId'),
      },
    } as const,
    storage,
  );
}

export type IdempotencyItem = EntityItem<ReturnType<typeof idempotencyEntity>>;
