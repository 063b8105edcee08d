import { z } from 'zod';
import { GivenId } from '../../../core/id.ts';
import { many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { type Known, knownOf, visibleRoles } from '../../../core/permission/visible.ts';
import type { Scope } from '../../../core/scope.ts';
import { deleteTeam, updateTeam, updateTeamRoles } from '../../../core/team/change.ts';
import { createTeam } from '../../../core/team/create.ts';
import type { TeamItem } from '../../../core/team/entity.ts';
import { findTeams, getTeam, listTeams } from '../../../core/team/read.ts';
import {
  CreateTeamRequest,
  Team,
  teamView,
  UpdateTeamRequest,
  UpdateTeamRolesRequest,
  UserTeam,
} from '../../../core/team/schema.ts';
import { getMember } from '../../../core/user/member.ts';
import { SubjectRoles, subjectRoles } from '../../../core/user/schema.ts';
import type { Services } from '../../services.ts';
import { route } from '../route.ts';
import { inOrganization, inTeam, noAnswer, nothing } from '../shapes.ts';

const teamPage = pageQuery(['name', 'description', 'createdAt', 'updatedAt']);

const shown = (scope: Scope, item: TeamItem, known: Known): Team =>
  teamView(item, visibleRoles(scope, item.organizationId, known, item.roles));

async function view(scope: Scope, services: Services, item: TeamItem): Promise<Team> {
  return shown(scope, item, await knownOf(services, item.organizationId, [item.roles]));
}

async function views(
  scope: Scope,
  services: Services,
  organizationId: string,
  items: readonly TeamItem[],
): Promise<Team[]> {
  const roles = items.map((item) => item.roles);
  const known = await knownOf(services, organizationId, roles);
  return items.map((item) => shown(scope, item, known));
}

export const teams = [
  route({
    operation: 'ListTeams',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/teams',
    summary:
      'The teams of an organization, or those with a role on a workspace or a deployment, which must permit `team.get`',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: z.strictObject({
      ...teamPage,
      names: many(z.string()),
      workspaceId: GivenId.optional(),
      deploymentId: GivenId.optional(),
    }),
    body: 'none',
    answer: z.object({ teams: z.array(Team), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { organizationId } = params;
      const found = (await listTeams(scope, services, organizationId, query)).filter(
        ({ name }) => query.names.length === 0 || query.names.includes(name),
      );
      const { items, ...page } = pageOf(found, query);
      return { body: { teams: await views(scope, services, organizationId, items), ...page } };
    },
  }),
  route({
    operation: 'CreateTeam',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/teams',
    summary: 'Create a team, perhaps with its first members',
    access: { kind: 'permission', permission: 'team.create' },
    params: inOrganization,
    query: nothing,
    body: CreateTeamRequest,
    answer: Team,
    handle: async (scope, { params, body }, services) => ({
      body: await view(scope, services, await createTeam(scope, services, params.organizationId, body)),
    }),
  }),
  route({
    operation: 'GetTeam',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/teams/{teamId}',
    summary: 'A team, with those of its roles that the caller may see',
    access: { kind: 'permission', permission: 'team.get' },
    params: inTeam,
    query: nothing,
    body: 'none',
    answer: Team,
    handle: async (scope, { params }, services) => ({
      body: await view(scope, services, await getTeam(services, params)),
    }),
  }),
  route({
    operation: 'UpdateTeam',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/teams/{teamId}',
    summary: 'Change the name and description of a team',
    access: { kind: 'permission', permission: 'team.update' },
    params: inTeam,
    query: nothing,
    body: UpdateTeamRequest,
    answer: Team,
    handle: async (scope, { params, body }, services) => ({
      body: await view(scope, services, await updateTeam(scope, services, params, body)),
    }),
  }),
  route({
    operation: 'DeleteTeam',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/teams/{teamId}',
    summary: 'Delete a team; its members lose what they held by it',
    access: { kind: 'permission', permission: 'team.delete' },
    params: inTeam,
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteTeam(scope, services, params);
      return {};
    },
  }),
  route({
    operation: 'UpdateTeamRoles',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/teams/{teamId}/roles',
    part: 'roles',
    summary:
      'Change what the members of a team may do; what differs must permit `team.update`, and a list that is left out stays',
    access: { kind: 'permission', permission: 'team.get' },
    params: inTeam,
    query: nothing,
    body: UpdateTeamRolesRequest,
    answer: SubjectRoles,
    async handle(scope, { params, body }, services) {
      const roles = await updateTeamRoles(scope, services, params, body);
      const known = await knownOf(services, params.organizationId, [roles]);
      return { body: subjectRoles(visibleRoles(scope, params.organizationId, known, roles)) };
    },
  }),
  route({
    operation: 'ListUserTeams',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/users/{userId}/teams',
    summary: 'The teams that a member of an organization is in',
    access: { kind: 'permission', permission: 'team.get' },
    params: inOrganization.extend({ userId: z.string() }),
    query: z.strictObject(teamPage),
    body: 'none',
    answer: z.object({ teams: z.array(UserTeam), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { organizationId } = params;
      const { teams: since = {} } = await getMember(services, params);
      const found = await findTeams(services, organizationId, Object.keys(since));
      const { items, ...page } = pageOf(await views(scope, services, organizationId, found), query);
      return { body: { teams: items, ...page } };
    },
  }),
];
