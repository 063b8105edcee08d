import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Roles } from '../permission/roles.ts';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/** What an API token is scoped to: it holds roles on that, and on what is inside it. */
export const apiTokenScopes = ['ORGANIZATION', 'WORKSPACE', 'DEPLOYMENT'] as const;
export type ApiTokenScope = (typeof apiTokenScopes)[number];

/**
 * An API token: the hash of the signed JWT that is valid now, and the roles it holds. A rotated one has another hash,
 * a deleted one is a revoked one. `lastUsedAt` is written without a new version.
 */
export function apiTokenEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'apiToken', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        tokenId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        description: { type: 'string', required: true },
        scope: { type: apiTokenScopes, required: true },
        /** The workspace's of a WORKSPACE's and of a DEPLOYMENT's. */
        workspaceId: { type: 'string' },
        deploymentId: { type: 'string' },
        roles: { type: CustomAttributeType<Roles>('any'), required: true },
        hash: { type: 'string', required: true },
        /** The end of the token, by which people tell it from others. */
        shortToken: { type: 'string', required: true },
        startAt: { type: 'string', required: true },
        endAt: { type: 'string' },
        expiryPeriodInDays: { type: 'number' },
        lastRotatedAt: { type: 'string' },
        lastUsedAt: { type: 'string' },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['tokenId'], template: 'api-token#${tokenId}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type ApiTokenItem = EntityItem<ReturnType<typeof apiTokenEntity>>;

/** Whose API token, and which. */
export interface ApiTokenIds {
  readonly organizationId: string;
  readonly tokenId: string;
}
