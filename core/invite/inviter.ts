import { type Access, NO_ACCESS } from '../permission/access.ts';
import { permissionsOn } from '../permission/authorize.ts';
import { mayGive } from '../permission/giving.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { readAccess } from '../user/access.ts';
import type { InviteItem } from './entity.ts';

/** Whether who made an invite could make it now: nobody's invites outlive the right to give what they give. */
export async function mayStillInvite(scope: Scope, services: Services, invite: InviteItem): Promise<boolean> {
  const { organizationId, role } = invite;
  const access = await accessOfInviter(scope, services, invite);
  return (
    permissionsOn(access, { organizationId }).has('invite.create') &&
    mayGive(access, role, { organizationId })
  );
}

/** What a member may do, or an API token that has not ended; nothing of those who are gone. */
async function accessOfInviter(
  scope: Scope,
  services: Services,
  { organizationId, createdBy: { subjectType, id } }: InviteItem,
): Promise<Access> {
  if (subjectType === 'USER') return await readAccess(services, organizationId, { type: 'user', userId: id });
  const { data } = await services
    .store(organizationId)
    .entities.apiToken.get({ organizationId, tokenId: id })
    .go({ consistent: true });
  const hasEnded = data?.endAt !== undefined && data.endAt <= timestamp(scope);
  if (data === null || hasEnded) return NO_ACCESS;
  const { roles } = data;
  return await readAccess(services, organizationId, { type: 'apiToken', organizationId, roles });
}
