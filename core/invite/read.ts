import { VisibleError } from '../errors.ts';
import { getOrganization } from '../organization/read.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import type { InviteItem } from './entity.ts';
import { mayStillInvite } from './inviter.ts';
import type { FoundInvite } from './schema.ts';
import { readInviteToken } from './token.ts';

/** The open invites of an organization. */
export async function listInvites(services: Services, organizationId: string): Promise<InviteItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.invite.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}

/**
 * The invite that a link's token opens; 404 when it was used, taken back, has expired or never was, and when its inviter
 * could not make it any more.
 */
export async function openInvite(scope: Scope, services: Services, token: string): Promise<InviteItem> {
  const { macKey } = await services.platformSecret();
  const ids = readInviteToken(macKey, token);
  const item = ids === undefined ? null : await getInvite(services, ids);
  const isOpen = item !== null && item.expiresAt > timestamp(scope);
  if (!isOpen || !(await mayStillInvite(scope, services, item))) {
    throw new VisibleError(404, 'The invite was used, taken back or has expired. Ask for a new one.');
  }
  return item;
}

/** What an invite's link is about, for whoever holds it; 404 when it opens nothing any more. */
export async function findInvite(scope: Scope, services: Services, token: string): Promise<FoundInvite> {
  const { organizationId, email, role, createdBy, expiresAt } = await openInvite(scope, services, token);
  const [organization, { data: known }] = await Promise.all([
    getOrganization(services, organizationId),
    services.globalStore.entities.email.get({ email }).go({ consistent: true }),
  ]);
  return {
    organizationId,
    organizationName: organization.name,
    email,
    role,
    inviter: inviterOf(createdBy),
    hasAccount: known?.userId !== undefined,
    expiresAt,
  };
}

/** Who invites, as people are told. */
export function inviterOf({ fullName, apiTokenName, id }: InviteItem['createdBy']): string {
  return fullName ?? apiTokenName ?? id;
}

async function getInvite(services: Services, ids: { organizationId: string; inviteId: string }) {
  const { data } = await services.store(ids.organizationId).entities.invite.get(ids).go({ consistent: true });
  return data;
}
