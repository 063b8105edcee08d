import { Entity } from 'electrodb';
import { expiryAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inExpiry } from '../store/keys.ts';

/** How often something was tried in a window of time, found by the hash of who tried what, and of the window. */
export function attemptEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'attempt', version: '1', service: 'windsock' },
      attributes: {
        hash: { type: 'string', required: true },
        count: { type: 'number', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['hash'], template: 'attempt#${hash}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'attempt', casing: 'none' },
        },
        expiry: inExpiry('hash'),
      },
    } as const,
    storage,
  );
}
