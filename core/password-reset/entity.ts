import { Entity, type EntityItem } from 'electrodb';
import { dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDue } from '../store/keys.ts';

/** MAILING: its mail has to go out. SENT: it waits for its link to be opened, until it expires and is deleted. */
export const passwordResetStatuses = ['MAILING', 'SENT'] as const;

/** Somebody who has forgotten a password. The token of its link is derived from its id, and is stored nowhere. */
export function passwordResetEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'passwordReset', version: '1', service: 'windsock' },
      attributes: {
        passwordResetId: { type: 'string', required: true },
        status: { type: passwordResetStatuses, required: true },
        email: { type: 'string', required: true },
        /** Absent when the address has no account: then there is no mail, and nobody is told. */
        userId: { type: 'string' },
        /** It counts while this is its user's, so that a new password ends the links that are under way. */
        generation: { type: 'number' },
        createdAt: { type: 'string', required: true },
        expiresAt: { type: 'string', required: true },
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: {
            field: 'pk',
            composite: ['passwordResetId'],
            template: 'password-reset#${passwordResetId}',
            casing: 'none',
          },
          sk: { field: 'sk', composite: [], template: 'password-reset', casing: 'none' },
        },
        due: inDue('passwordResetId'),
      },
    } as const,
    storage,
  );
}

export type PasswordResetItem = EntityItem<ReturnType<typeof passwordResetEntity>>;
