import { z } from 'zod';
import { Id } from '../id.ts';

const dueAt = z.iso.datetime();

/** Which item is due, since when: the name of its entity, and its ids. What the events that hasten carry, too. */
export const Due = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('signup'), signupId: Id, dueAt }),
  z.object({ kind: z.literal('invite'), organizationId: Id, inviteId: Id, dueAt }),
  z.object({ kind: z.literal('passwordReset'), passwordResetId: Id, dueAt }),
  z.object({ kind: z.literal('deployment'), organizationId: Id, deploymentId: Id, dueAt }),
  z.object({ kind: z.literal('deploy'), organizationId: Id, deploymentId: Id, deployId: Id, dueAt }),
  z.object({
    kind: z.literal('variableSet'),
    organizationId: Id,
    deploymentId: Id,
    variableSetId: Id,
    dueAt,
  }),
  z.object({ kind: z.literal('auditDay'), organizationId: Id, day: z.iso.date(), dueAt }),
]);
export type Due = z.infer<typeof Due>;

/** An item of the table as the one that is due; its entity's name is what ElectroDB keeps with it. */
export function dueOf(item: Readonly<Record<string, unknown>>): Due {
  return Due.parse({ ...item, kind: item.__edb_e__ });
}
