import { notFound } from '../errors.ts';
import { authorize } from '../permission/authorize.ts';
import { holdsRoleOn, type RoleFilter, targetOf } from '../permission/filter.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { findBatch } from '../store/batch.ts';
import type { TeamIds, TeamItem } from './entity.ts';

/** A team, or 404. */
export async function getTeam(services: Services, { organizationId, teamId }: TeamIds): Promise<TeamItem> {
  const { data } = await services
    .store(organizationId)
    .entities.team.get({ organizationId, teamId })
    .go({ consistent: true });
  if (data === null) throw notFound('team', teamId);
  return data;
}

/** Those of these teams that are there, each once, in the order of their ids. */
export async function findTeams(
  services: Services,
  organizationId: string,
  teamIds: readonly string[],
): Promise<TeamItem[]> {
  const { team } = services.store(organizationId).entities;
  return await findBatch<TeamItem>(
    'A team',
    teamIds.toSorted(),
    ({ teamId }) => teamId,
    (ids) => team.get(ids.map((teamId) => ({ organizationId, teamId }))).go({ consistent: true }),
  );
}

/** All teams of an organization. */
export async function allTeams(services: Services, organizationId: string): Promise<TeamItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.team.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}

/** The teams that hold a role on what the filter names; the actor needs `team.get` on that. */
export async function listTeams(
  scope: Scope,
  services: Services,
  organizationId: string,
  filter: RoleFilter,
): Promise<TeamItem[]> {
  authorize(scope, 'team.get', await targetOf(services, organizationId, filter));
  const teams = await allTeams(services, organizationId);
  return teams.filter(({ roles }) => holdsRoleOn(roles, filter));
}
