import { z } from 'zod';
import type { Actor } from './scope.ts';

/** Who did it, as the API shows `createdBy` and `updatedBy` and as the items keep it. */
export const Subject = z.strictObject({
  id: z.string(),
  subjectType: z.enum(['USER', 'SERVICEKEY']),
  username: z.string().optional(),
  fullName: z.string().optional(),
  apiTokenName: z.string().optional(),
});
export type Subject = z.infer<typeof Subject>;

/** The subject that an actor is; what the platform does by itself is a service's. */
export function subjectOf(actor: Actor): Subject {
  switch (actor.type) {
    case 'user':
      return { id: actor.userId, subjectType: 'USER', username: actor.username, fullName: actor.fullName };
    case 'apiToken':
      return { id: actor.tokenId, subjectType: 'SERVICEKEY', apiTokenName: actor.name };
    case 'system':
      return { id: actor.name, subjectType: 'SERVICEKEY', apiTokenName: actor.name };
    case 'operator':
    case 'public':
      return { id: actor.type, subjectType: 'SERVICEKEY', apiTokenName: actor.type };
  }
}
