import { Entity, type EntityItem } from 'electrodb';
import { dueAttributes } from '../store/attributes.ts';
import type { Storage } from '../store/entity.ts';
import { inDue } from '../store/keys.ts';

/**
 * Where a sign-up is. MAILING: its mail has to go out. EMAIL_SENT: it waits for the code, until it expires and is
 * deleted. VERIFIED: the user exists and the trial's deployment has to be asked for. PROVISIONED: done.
 */
export const signupStatuses = ['MAILING', 'EMAIL_SENT', 'VERIFIED', 'PROVISIONED'] as const;

/** A sign-up. Its code is derived from its id and the platform's key, and is stored nowhere. */
export function signupEntity(storage: Storage) {
  return new Entity(
    {
      model: { entity: 'signup', version: '1', service: 'windsock' },
      attributes: {
        signupId: { type: 'string', required: true },
        status: { type: signupStatuses, required: true },
        email: { type: 'string', required: true },
        fullName: { type: 'string', required: true },
        organizationName: { type: 'string', required: true },
        /** The address had an account when this began: its mail says so, and no code verifies it. */
        isEmailKnown: { type: 'boolean', required: true },
        /** Until it is verified; then the user has it. A known address's sign-up has none. */
        passwordHash: { type: 'string' },
        wrongCodes: { type: 'number', required: true },
        createdAt: { type: 'string', required: true },
        expiresAt: { type: 'string', required: true },
        userId: { type: 'string' },
        organizationId: { type: 'string' },
        workspaceId: { type: 'string' },
        /** The id that the trial's deployment gets, so that it is asked for once however often it is tried. */
        deploymentId: { type: 'string' },
        version: { type: 'number', required: true },
        ...dueAttributes,
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['signupId'], template: 'signup#${signupId}', casing: 'none' },
          sk: { field: 'sk', composite: [], template: 'signup', casing: 'none' },
        },
        due: inDue('signupId'),
      },
    } as const,
    storage,
  );
}

export type SignupItem = EntityItem<ReturnType<typeof signupEntity>>;
