import { type FieldError, invalid, notFound } from '../errors.ts';
import { demandAllGivable } from '../permission/giving.ts';
import { knownOf } from '../permission/visible.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import type { TransactionEntities } from '../store/store.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { MemberItem } from '../user/entity.ts';
import { allMembers, findMember, getMember } from '../user/member.ts';
import type { TeamIds } from './entity.ts';
import { allTeams, getTeam } from './read.ts';
import type { AddTeamMembersRequest } from './schema.ts';

/** So many teams a user may be in: all of them are read, at once, to know the user's roles. */
const MOST_TEAMS = 50;

/** The members of a team, or 404. */
export async function listTeamMembers(services: Services, ids: TeamIds): Promise<MemberItem[]> {
  await getTeam(services, ids);
  const members = await allMembers(services, ids.organizationId);
  return members.filter((member) => isIn(member, ids.teamId));
}

/**
 * Adds members of the organization to a team, all of them or none; who is in it stays. The actor needs all that the
 * team's roles permit: they are still those that were looked at, or nobody joins.
 */
export async function addTeamMembers(
  scope: Scope,
  services: Services,
  ids: TeamIds,
  { memberIds }: AddTeamMembersRequest,
): Promise<void> {
  const { organizationId, teamId } = ids;
  await retryStale(async () => {
    const team = await getTeam(services, ids);
    const known = await knownOf(services, organizationId, [team.roles]);
    demandAllGivable(scope, team.roles, organizationId, known);
    const joining = await findJoining(services, ids, memberIds);
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.team
          .check({ organizationId, teamId })
          .where((has, { eq }) => eq(has.version, team.version))
          .commit(),
        ...admission(scope, entities, teamId, joining),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Team ${teamId}`);
  });
}

/** Takes a member out of a team; 404 when they are not in it. */
export async function removeTeamMember(
  scope: Scope,
  services: Services,
  ids: TeamIds,
  userId: string,
): Promise<void> {
  const { organizationId, teamId } = ids;
  await retryStale(async () => {
    await getTeam(services, ids);
    const member = await getMember(services, { organizationId, userId });
    if (!isIn(member, teamId)) throw notFound('member', userId);
    const { [teamId]: _, ...left } = member.teams ?? {};
    const rejected = await refused(
      services
        .store(organizationId)
        .transaction.write((entities) => [withTeams(scope, entities, member, left)]),
    );
    if (rejected.length > 0) throw new Stale(`User ${userId}`);
  });
}

/**
 * The members of these ids who are not in the team yet, without teams that are gone; 400 for an id that is nobody's
 * here, and for who is in too many.
 */
export async function findJoining(
  services: Services,
  { organizationId, teamId }: TeamIds,
  memberIds: readonly string[],
): Promise<MemberItem[]> {
  const userIds = [...new Set(memberIds)];
  const found = await Promise.all(userIds.map((userId) => findMember(services, { organizationId, userId })));
  const members = found.filter((member) => member !== undefined);
  if (members.length < userIds.length) {
    const strangers = userIds.filter((_, index) => found[index] === undefined);
    throw invalid(...strangers.map((userId) => noMember(memberIds.indexOf(userId))));
  }
  if (members.every((member) => isIn(member, teamId))) return [];
  /** Read after the members, so that each of a member's teams is there unless it was deleted. */
  const there = new Set((await allTeams(services, organizationId)).map((team) => team.teamId));
  const joining = members
    .filter((member) => !isIn(member, teamId))
    .map((member) => ({
      ...member,
      teams: Object.fromEntries(Object.entries(member.teams ?? {}).filter(([id]) => there.has(id))),
    }));
  const full = joining.filter(({ teams }) => Object.keys(teams).length >= MOST_TEAMS);
  if (full.length === 0) return joining;
  const names = full.map(({ username }) => username).join(', ');
  const message = `a user is in ${MOST_TEAMS} teams at most, as are ${names}`;
  throw invalid({ field: 'memberIds', code: 'too_many_teams', message });
}

function noMember(index: number): FieldError {
  const message = 'is no user of this organization; invite them first';
  return { field: `memberIds[${index}]`, code: 'not_a_member', message };
}

/** What puts members into a team, within the transaction that it is a part of. */
export function admission(
  scope: Scope,
  entities: TransactionEntities,
  teamId: string,
  members: readonly MemberItem[],
) {
  return members.map((member) =>
    withTeams(scope, entities, member, { ...member.teams, [teamId]: timestamp(scope) }),
  );
}

function withTeams(
  scope: Scope,
  entities: TransactionEntities,
  { organizationId, userId, version }: MemberItem,
  teams: Readonly<Record<string, string>>,
) {
  return entities.member
    .patch({ organizationId, userId })
    .set({ teams, ...updated(scope, version) })
    .where((has, { eq }) => eq(has.version, version))
    .commit();
}

function isIn({ teams = {} }: MemberItem, teamId: string): boolean {
  return Object.hasOwn(teams, teamId);
}
