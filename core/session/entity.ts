import { Entity } from 'electrodb';
import { expiryAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inExpiry } from '../store/keys.ts';

/** A browser's session, found by the hash of its cookie. It counts while its generation is its user's. */
export function sessionEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'session', version: '1', service: 'windsock' },
      attributes: {
        hash: { type: 'string', required: true },
        userId: { type: 'string', required: true },
        generation: { type: 'number', required: true },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['hash'], template: 'session#${hash}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'session', casing: 'none' },
        },
        expiry: inExpiry('hash'),
      },
    } as const,
    storage,
  );
}

/** A link that signs a browser in once, found by the hash of its token; it counts as its session would. */
export function signinLinkEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'signinLink', version: '1', service: 'windsock' },
      attributes: {
        hash: { type: 'string', required: true },
        userId: { type: 'string', required: true },
        generation: { type: 'number', required: true },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['hash'], template: 'signin-link#${hash}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'signin-link', casing: 'none' },
        },
        expiry: inExpiry('hash'),
      },
    } as const,
    storage,
  );
}
