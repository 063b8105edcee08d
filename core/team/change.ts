import { deletion } from '../audit/entry.ts';
import { comparable } from '../name/schema.ts';
import { changedRoles } from '../permission/changing.ts';
import type { Roles } from '../permission/roles.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { rolesAsked } from '../user/schema.ts';
import { NAMES_OF_TEAMS, nameTaken } from './create.ts';
import type { TeamIds, TeamItem } from './entity.ts';
import { getTeam } from './read.ts';
import type { UpdateTeamRequest, UpdateTeamRolesRequest } from './schema.ts';

/** Changes the name of a team, 409 when it is taken, and its description when there is one. */
export async function updateTeam(
  scope: Scope,
  services: Services,
  { organizationId, teamId }: TeamIds,
  { name, description }: UpdateTeamRequest,
): Promise<TeamItem> {
  return await retryStale(async () => {
    const item = await getTeam(services, { organizationId, teamId });
    const changes = { name, ...(description === undefined ? {} : { description }) };
    const changed = { ...changes, ...updated(scope, item.version) };
    const taken = { organizationId, parentId: NAMES_OF_TEAMS };
    const [from, to] = [comparable(item.name), comparable(name)];
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.team
          .patch({ organizationId, teamId })
          .set(changed)
          .where((has, { eq }) => eq(has.version, item.version))
          .commit(),
        ...(from === to
          ? []
          : [
              entities.name.create({ ...taken, name: to, ownerId: teamId }).commit(),
              entities.name.delete({ ...taken, name: from }).commit(),
            ]),
      ]),
    );
    if (rejected.includes(0)) throw new Stale(`Team ${teamId}`);
    if (rejected.length > 0) throw nameTaken(name);
    return { ...item, ...changed };
  });
}

/**
 * Changes the roles of a team, and so of its members, to what is asked; a list that is not asked for stays as it is.
 * What differs needs `team.update` there, so that who owns a workspace decides about teams in it.
 */
export async function updateTeamRoles(
  scope: Scope,
  services: Services,
  { organizationId, teamId }: TeamIds,
  request: UpdateTeamRolesRequest,
): Promise<Roles> {
  return await retryStale(async () => {
    const { roles: held, version } = await getTeam(services, { organizationId, teamId });
    const holder = { organizationId, permission: 'team.update', held, field: 'deploymentRoles' } as const;
    const roles = await changedRoles(scope, services, holder, rolesAsked(request, held));
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.team
          .patch({ organizationId, teamId })
          .set({ roles, ...updated(scope, version) })
          .where((has, { eq }) => eq(has.version, version))
          .commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Team ${teamId}`);
    return roles;
  });
}

/** Deletes a team and frees its name. A team that is gone gives its members nothing: ids are never used again. */
export async function deleteTeam(
  scope: Scope,
  services: Services,
  { organizationId, teamId }: TeamIds,
): Promise<void> {
  await retryStale(async () => {
    const item = await getTeam(services, { organizationId, teamId });
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.team
          .delete({ organizationId, teamId })
          .where((has, { eq }) => eq(has.version, item.version))
          .commit(),
        entities.name
          .delete({ organizationId, parentId: NAMES_OF_TEAMS, name: comparable(item.name) })
          .commit(),
        entities.auditEntry.put(deletion(scope, 'team', item)).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Team ${teamId}`);
  });
}
