import { deletion } from '../audit/entry.ts';
import { notFound } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { InviteIds } from './entity.ts';

/** Takes an invite back: its link works no more. 404 when there is none. */
export async function deleteInvite(
  scope: Scope,
  services: Services,
  { organizationId, inviteId }: InviteIds,
): Promise<void> {
  const ids = { organizationId, inviteId };
  const store = services.store(organizationId);
  await retryStale(async () => {
    const { data: item } = await store.entities.invite.get(ids).go({ consistent: true });
    if (item === null) throw notFound('invite', inviteId);
    const rejected = await refused(
      store.transaction.write(({ auditEntry, invite }) => [
        invite
          .delete(ids)
          .where((has, { exists }) => exists(has.email))
          .commit(),
        auditEntry.put(deletion(scope, 'invite', item)).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Invite ${inviteId}`);
  });
}
