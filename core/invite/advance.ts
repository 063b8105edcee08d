import { sendMail } from '../mail/send.ts';
import { getOrganization } from '../organization/read.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { refused } from '../store/transact.ts';
import { INVITE_DAYS } from './create.ts';
import type { InviteIds, InviteItem } from './entity.ts';
import { inviteMail } from './mail.ts';
import { inviterOf } from './read.ts';
import { inviteToken } from './token.ts';

/**
 * Does what is due of an invite: sends its mail, deletes it once it has expired. Safe to run any number of times; a
 * mail may go out twice, with the same link.
 */
export async function advanceInvite(scope: Scope, services: Services, ids: InviteIds): Promise<void> {
  const { organizationId, inviteId } = ids;
  const store = services.store(organizationId);
  const { data } = await store.entities.invite.get({ organizationId, inviteId }).go({ consistent: true });
  if (data?.dueAt === undefined || data.dueAt > timestamp(scope)) return;
  if (data.expiresAt <= timestamp(scope)) {
    await store.entities.invite.delete({ organizationId, inviteId }).go();
    return;
  }
  await mail(services, data);
  await refused(
    store.transaction.write(({ invite }) => [
      invite
        .patch({ organizationId, inviteId })
        .set({ status: 'SENT', dueShard: dueShard(inviteId), dueAt: data.expiresAt })
        .where(({ status }, { eq }) => eq(status, 'MAILING'))
        .commit(),
    ]),
  );
}

async function mail(services: Services, item: InviteItem): Promise<void> {
  const [{ macKey }, organization] = await Promise.all([
    services.platformSecret(),
    getOrganization(services, item.organizationId),
  ]);
  const token = encodeURIComponent(inviteToken(macKey, item));
  await sendMail(
    services,
    item.email,
    inviteMail({
      organizationName: organization.name,
      inviter: inviterOf(item.createdBy),
      link: `${services.environment.PUBLIC_URL}/invites/accept?token=${token}`,
      days: INVITE_DAYS,
    }),
  );
}
