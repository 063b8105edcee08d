import { deletion } from '../audit/entry.ts';
import { conflict, invalid } from '../errors.ts';
import { authorize } from '../permission/authorize.ts';
import { changedRoles } from '../permission/changing.ts';
import { NO_ROLES, type Roles } from '../permission/roles.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import type { TransactionEntities } from '../store/store.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { MemberItem } from './entity.ts';
import { getMember, type MemberIds } from './member.ts';
import { rolesAsked, type UpdateUserRolesRequest } from './schema.ts';

/**
 * Changes a member's roles to what is asked; a list that is not asked for stays as it is. Without any role the user
 * is no member any more. 409 when it would leave the organization without an owner, also when several are changed at
 * once.
 */
export async function updateUserRoles(
  scope: Scope,
  services: Services,
  ids: MemberIds,
  request: UpdateUserRolesRequest,
): Promise<Roles> {
  return await retryStale(async () => {
    const member = await getMember(services, ids);
    if (request.organizationRole === undefined) {
      demandNoOthers(request);
      authorize(scope, 'member.update', { organizationId: ids.organizationId });
      await remove(scope, services, member);
      return NO_ROLES;
    }
    const asked = rolesAsked(request, member.roles);
    const holder = {
      organizationId: ids.organizationId,
      permission: 'member.update',
      held: member.roles,
      field: 'deploymentRoles',
    } as const;
    const roles = await changedRoles(scope, services, holder, asked);
    await change(scope, services, member, roles);
    return roles;
  });
}

function demandNoOthers({ workspaceRoles = [], deploymentRoles = [] }: UpdateUserRolesRequest): void {
  if (workspaceRoles.length + deploymentRoles.length === 0) return;
  const message =
    'is required beside roles on workspaces and deployments; without any role the user is removed';
  throw invalid({ field: 'organizationRole', code: 'required', message });
}

async function change(scope: Scope, services: Services, member: MemberItem, roles: Roles): Promise<void> {
  const { organizationId, userId, version } = member;
  const owners = Number(isOwner(roles)) - Number(isOwner(member.roles));
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.member
        .patch({ organizationId, userId })
        .set({ roles, ...updated(scope, version) })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      ...countOwners(entities, organizationId, owners),
    ]),
  );
  if (rejected.includes(0)) throw new Stale(`User ${userId}`);
  if (rejected.length > 0) throw lastOwner();
}

/** The member's item goes, and the user's own list of organizations knows this one no more. */
async function remove(scope: Scope, services: Services, member: MemberItem): Promise<void> {
  const { organizationId, userId, version } = member;
  const { data: user } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
  if (user === null) throw new Error(`User ${userId} of a member is gone`);
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.member
        .delete({ organizationId, userId })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      ...countOwners(entities, organizationId, isOwner(member.roles) ? -1 : 0),
      entities.auditEntry.put(deletion(scope, 'member', member)).commit(),
      entities.user
        .patch({ userId })
        .set({
          organizationIds: user.organizationIds.filter((id) => id !== organizationId),
          ...updated(scope, user.version),
        })
        .where((has, { eq }) => eq(has.version, user.version))
        .commit(),
    ]),
  );
  if (isOwner(member.roles) && rejected.includes(1) && !rejected.includes(0)) throw lastOwner();
  if (rejected.length > 0) throw new Stale(`User ${userId}`);
}

/** The organization's count of owners with so many more; one less only when another one stays. */
function countOwners({ organization }: TransactionEntities, organizationId: string, more: number) {
  if (more === 0) return [];
  const counted = organization.patch({ organizationId }).add({ ownerCount: more });
  return [
    more > 0 ? counted.commit() : counted.where(({ ownerCount }, { gt }) => gt(ownerCount, 1)).commit(),
  ];
}

function lastOwner() {
  return conflict('This is the last owner of the organization. Make somebody else an owner first.');
}

function isOwner({ organization }: Roles): boolean {
  return organization === 'ORGANIZATION_OWNER';
}
