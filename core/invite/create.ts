import { countAttempt, type Limit } from '../attempt/limit.ts';
import { deletion } from '../audit/entry.ts';
import { conflict } from '../errors.ts';
import { newId } from '../id.ts';
import { getOrganization } from '../organization/read.ts';
import { demandGivable } from '../permission/giving.ts';
import { after, type Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created, dueNow } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { NOBODY } from '../user/by-email.ts';
import type { EmailItem } from '../user/entity.ts';
import type { InviteItem } from './entity.ts';
import { listInvites } from './read.ts';
import type { CreateUserInviteRequest } from './schema.ts';

/** An invite lives a week: over holidays it is asked for again. */
export const INVITE_DAYS = 7;
/** So many invites of one address, or somebody's mailbox could be flooded. */
const OF_EMAIL: Limit = {
  kind: 'invite of e-mail address',
  most: 5,
  seconds: 3600,
  instead: 'let them use the latest mail',
};
/** So many open invites of an organization, or it could send mail to the world. */
const MOST_OPEN = 200;

/**
 * Invites an address to an organization; its mail goes out right after. An open invite of the same address is
 * replaced, so that its link works no more; the time that it takes does not tell whether it has an account. 409 when
 * it is a member's, or too many invites are open; 429 when it is invited too often.
 */
export async function createInvite(
  scope: Scope,
  services: Services,
  organizationId: string,
  { inviteeEmail, role }: CreateUserInviteRequest,
) {
  demandGivable(scope, role, { organizationId });
  const organization = await getOrganization(services, organizationId);
  await countAttempt(scope, services, OF_EMAIL, inviteeEmail);
  const inviteId = newId();
  const item: InviteItem = {
    organizationId,
    inviteId,
    status: 'MAILING',
    email: inviteeEmail,
    role,
    expiresAt: after(scope, INVITE_DAYS * 86_400),
    ...created(scope),
    ...dueNow(scope, inviteId),
  };
  await retryStale(async () => {
    // Read before the open invites: one that comes after this read makes another version of it.
    const known = await findEmail(services, inviteeEmail);
    const open = await listInvites(services, organizationId);
    const replaced = open.filter(({ email }) => email === inviteeEmail);
    if (open.length - replaced.length >= MOST_OPEN) {
      throw conflict(
        `The organization has ${MOST_OPEN} open invites. Delete some, or wait until some expire.`,
      );
    }
    await demandNoMember(services, organizationId, known?.userId ?? NOBODY, inviteeEmail);
    const rejected = await refused(
      services.globalStore.transaction.write(({ auditEntry, email, invite }) => [
        email
          .update({ email: inviteeEmail })
          .add({ version: 1 })
          .where((has, { eq, notExists }) =>
            known === null ? notExists(has.version) : eq(has.version, known.version),
          )
          .commit(),
        ...replaced.flatMap((old) => [
          // One that was accepted meanwhile: its user may be a member now.
          invite
            .delete({ organizationId, inviteId: old.inviteId })
            .where((has, { exists }) => exists(has.email))
            .commit(),
          auditEntry.put(deletion(scope, 'invite', old)).commit(),
        ]),
        invite.create(item).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`The e-mail address ${inviteeEmail}`);
  });
  return { item, organization };
}

async function findEmail(services: Services, email: string): Promise<EmailItem | null> {
  const { data } = await services.globalStore.entities.email.get({ email }).go({ consistent: true });
  return data;
}

async function demandNoMember(services: Services, organizationId: string, userId: string, email: string) {
  const { member } = services.store(organizationId).entities;
  const { data } = await member.get({ organizationId, userId }).go({ consistent: true });
  if (data !== null) throw conflict(`${email} is a member of the organization already. Change their roles.`);
}
