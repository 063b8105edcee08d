import { Entity } from 'electrodb';
import { expiryAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inExpiry } from '../store/keys.ts';

/**
 * A user's token: the hash of the signed JWT, and what its requests need to know of the user. It counts while its
 * generation is its user's; a deleted token is a revoked one.
 */
export function tokenEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'token', version: '1', service: 'windsock' },
      attributes: {
        userId: { type: 'string', required: true },
        tokenId: { type: 'string', required: true },
        hash: { type: 'string', required: true },
        username: { type: 'string', required: true },
        fullName: { type: 'string', required: true },
        /** Absent of tokens that are older than this attribute: those are of the first one. */
        generation: { type: 'number', default: 0 },
        /** Of a client that its user signed in to: the grant that it is revoked with. */
        grantId: { type: 'string' },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['userId'], template: 'user#${userId}', casing: 'none' },
          sk: { field: 'sk', composite: ['tokenId'], template: 'token#${tokenId}', casing: 'none' },
        },
        expiry: inExpiry('tokenId'),
      },
    } as const,
    storage,
  );
}
