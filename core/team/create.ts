import { conflict } from '../errors.ts';
import { newId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { demandGivable } from '../permission/giving.ts';
import { NO_ROLES } from '../permission/roles.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { TeamItem } from './entity.ts';
import { admission, findJoining } from './members.ts';
import type { CreateTeamRequest } from './schema.ts';

/** Where the names of teams stand, apart from those of workspaces: no id is this. */
export const NAMES_OF_TEAMS = 'teams';

/** Creates a team with its first members, who hold its role on the organization. 409 when the name is taken. */
export async function createTeam(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateTeamRequest,
): Promise<TeamItem> {
  const { name, description = '', organizationRole = 'ORGANIZATION_MEMBER', memberIds = [] } = request;
  demandGivable(scope, organizationRole, { organizationId });
  const teamId = newId();
  const roles = { ...NO_ROLES, organization: organizationRole };
  const item = { organizationId, teamId, name, description, roles, ...created(scope) };
  const taken = { organizationId, parentId: NAMES_OF_TEAMS, name: comparable(name) };
  return await retryStale(async () => {
    const { store } = services;
    const { data: holder } = await store(organizationId).entities.name.get(taken).go({ consistent: true });
    if (holder !== null) throw nameTaken(name);
    const joining = await findJoining(services, item, memberIds);
    const rejected = await refused(
      store(organizationId).transaction.write((entities) => [
        entities.name.create({ ...taken, ownerId: teamId }).commit(),
        entities.team.create(item).commit(),
        ...admission(scope, entities, teamId, joining),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Team ${teamId}`);
    return item;
  });
}

/** 409: a team of that name is there already. */
export function nameTaken(name: string) {
  return conflict(`A team named "${name}" exists already in this organization. Choose another name.`);
}
