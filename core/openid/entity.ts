import { Entity } from 'electrodb';
import { expiryAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inExpiry } from '../store/keys.ts';

/**
 * What the OpenID provider keeps from one request to the next: an interaction, a code, a refresh token. It is found by
 * the hash of its id, which is a credential and is kept nowhere.
 */
export function artifactEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'openidArtifact', version: '1', service: 'windsock' },
      attributes: {
        hash: { type: 'string', required: true },
        /** What the provider calls it: `Interaction`, `AuthorizationCode`, `RefreshToken`. */
        model: { type: 'string', required: true },
        /** The provider's own record of it, as JSON, without its id. */
        payload: { type: 'string', required: true },
        grantId: { type: 'string' },
        /** Of a refresh token: the hash of the one that it was given for. */
        parentHash: { type: 'string' },
        /** Of a code: when it was exchanged. */
        consumedAt: { type: 'string' },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['hash'], template: 'openid#${hash}', casing: 'none' },
          sk: { field: 'sk', composite: ['model'], template: '${model}', casing: 'none' },
        },
        expiry: inExpiry('hash'),
      },
    } as const,
    storage,
  );
}

/** A user's consent to a client, which codes, refresh tokens and access tokens hang on: without it they are nothing. */
export function grantEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'grant', version: '1', service: 'windsock' },
      attributes: {
        grantId: { type: 'string', required: true },
        userId: { type: 'string', required: true },
        /** It counts while this is its user's, as a session does. */
        generation: { type: 'number', required: true },
        payload: { type: 'string', required: true },
        /** The hash of the refresh token that was used last. */
        usedHash: { type: 'string' },
        createdAt: { type: 'string', required: true },
        ...expiryAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['grantId'], template: 'grant#${grantId}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'grant', casing: 'none' },
        },
        expiry: inExpiry('grantId'),
      },
    } as const,
    storage,
  );
}
