import { Entity } from 'electrodb';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/**
 * A name that is taken: a workspace's within its organization, a deployment's within its workspace, a team's among
 * the teams, a role's among the roles. Created and deleted in the transaction of what it names; `parentId` is the
 * organization's or workspace's id, or says that it is a team's or a role's; `name` is in lower case.
 */
export function nameEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'name', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        parentId: { type: 'string', required: true },
        name: { type: 'string', required: true },
        ownerId: { type: 'string', required: true },
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: {
            field: 'sk',
            composite: ['parentId', 'name'],
            template: 'name#${parentId}#${name}',
            casing: 'none',
          },
        },
      },
    } as const,
    storage,
  );
}
