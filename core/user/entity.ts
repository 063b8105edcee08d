import { CustomAttributeType, Entity, type EntityItem } from 'electrodb';
import type { Roles } from '../permission/roles.ts';
import { auditAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inOrganization } from '../store/keys.ts';

/** A person. `organizationIds` are those that have a member item of theirs, written in the same transaction. */
export function userEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'user', version: '1', service: 'windsock' },
      attributes: {
        userId: { type: 'string', required: true },
        email: { type: 'string', required: true },
        fullName: { type: 'string', required: true },
        passwordHash: { type: 'string', required: true },
        /** Sessions and sign-ins of another generation have ended: it goes up with every sign-out everywhere. */
        sessionGeneration: { type: 'number', default: 0 },
        organizationIds: { type: 'list', items: { type: 'string' }, required: true },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['userId'], template: 'user#${userId}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'user', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

/**
 * An e-mail address in lower case: the user it belongs to, if any. Each invite of it makes another version, so that two
 * at the same moment see each other.
 */
export function emailEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'email', version: '1', service: 'windsock' },
      attributes: {
        email: { type: 'string', required: true },
        userId: { type: 'string' },
        version: { type: 'number', required: true },
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['email'], template: 'email#${email}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'email', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

/**
 * A user's membership of an organization: the roles held in it, the teams that are in it with theirs, and what a list
 * of members shows of the user, so that it costs one query.
 */
export function memberEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'member', version: '1', service: 'windsock' },
      attributes: {
        organizationId: { type: 'string', required: true },
        userId: { type: 'string', required: true },
        username: { type: 'string', required: true },
        fullName: { type: 'string', required: true },
        roles: { type: CustomAttributeType<Roles>('any'), required: true },
        /** The teams that the user is in, by their ids, and since when. One that was deleted may be left. */
        teams: { type: CustomAttributeType<Readonly<Record<string, string>>>('any') },
        ...auditAttributes,
      },
      indexes: {
        primary: {
          pk: inOrganization,
          sk: { field: 'sk', composite: ['userId'], template: 'member#${userId}', casing: 'none' },
        },
      },
    } as const,
    storage,
  );
}

export type UserItem = EntityItem<ReturnType<typeof userEntity>>;

export type EmailItem = EntityItem<ReturnType<typeof emailEntity>>;

export type MemberItem = EntityItem<ReturnType<typeof memberEntity>>;
