import { notFound } from '../errors.ts';
import { authorize } from '../permission/authorize.ts';
import { holdsRoleOn, type RoleFilter, targetOf } from '../permission/filter.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import type { MemberItem } from './entity.ts';

/** Whose member, and which user. */
export interface MemberIds {
  readonly organizationId: string;
  readonly userId: string;
}

/** A member of an organization, or 404. */
export async function getMember(services: Services, ids: MemberIds): Promise<MemberItem> {
  const member = await findMember(services, ids);
  if (member === undefined) throw notFound('user', ids.userId);
  return member;
}

/** A member of an organization as they are at this moment, or undefined. */
export async function findMember(
  services: Services,
  { organizationId, userId }: MemberIds,
): Promise<MemberItem | undefined> {
  const { data } = await services
    .store(organizationId)
    .entities.member.get({ organizationId, userId })
    .go({ consistent: true });
  return data ?? undefined;
}

/** The members that the filter lets pass; the actor needs `member.get` on what it names. */
export async function listMembers(
  scope: Scope,
  services: Services,
  organizationId: string,
  filter: RoleFilter,
): Promise<MemberItem[]> {
  authorize(scope, 'member.get', await targetOf(services, organizationId, filter));
  const members = await allMembers(services, organizationId);
  return members.filter(({ roles }) => holdsRoleOn(roles, filter));
}

/** All members of an organization. */
export async function allMembers(services: Services, organizationId: string): Promise<MemberItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.member.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}
