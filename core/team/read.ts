import { notFound } from '../errors.ts';
import { authorize } from '../permission/authorize.ts';
import { holdsRoleOn, type RoleFilter, targetOf } from '../permission/filter.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale, Stale } from '../store/transact.ts';
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

/** Those of these teams that are there, each named once, in the order of their ids. What DynamoDB leaves out under load is asked for again. */
export async function findTeams(
  services: Services,
  organizationId: string,
  teamIds: readonly string[],
): Promise<TeamItem[]> {
  return await retryStale(async () => {
    const { data, unprocessed } = await services
      .store(organizationId)
      .entities.team.get(teamIds.map((teamId) => ({ organizationId, teamId })))
      .go({ consistent: true });
    if (unprocessed.length > 0) throw new Stale('A team');
    return data.toSorted((a, b) => (a.teamId < b.teamId ? -1 : 1));
  });
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
