import { z } from 'zod';
import { pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { addTeamMembers, listTeamMembers, removeTeamMember } from '../../../core/team/members.ts';
import { AddTeamMembersRequest, TeamMember, teamMemberView } from '../../../core/team/schema.ts';
import { route } from '../route.ts';
import { inTeam, noAnswer, nothing } from '../shapes.ts';

export const teamMembers = [
  route({
    operation: 'ListTeamMembers',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/teams/{teamId}/members',
    summary: 'Who is in a team',
    access: { kind: 'permission', permission: 'team.get' },
    params: inTeam,
    query: z.strictObject(pageQuery(['userId', 'username', 'fullName', 'createdAt'])),
    body: 'none',
    answer: z.object({ teamMembers: z.array(TeamMember), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const found = await listTeamMembers(services, params);
      const { items, ...page } = pageOf(
        found.map((item) => teamMemberView(item, params.teamId)),
        query,
      );
      return { body: { teamMembers: items, ...page } };
    },
  }),
  route({
    operation: 'AddTeamMembers',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/teams/{teamId}/members',
    summary: 'Add members of the organization to a team, all of them or none',
    access: { kind: 'permission', permission: 'team.update' },
    params: inTeam,
    query: nothing,
    body: AddTeamMembersRequest,
    answer: noAnswer,
    async handle(scope, { params, body }, services) {
      await addTeamMembers(scope, services, params, body);
      return {};
    },
  }),
  route({
    operation: 'RemoveTeamMember',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/teams/{teamId}/members/{memberId}',
    summary: 'Take a user out of a team; they lose what they held by it',
    access: { kind: 'permission', permission: 'team.update' },
    params: inTeam.extend({ memberId: z.string() }),
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await removeTeamMember(scope, services, params, params.memberId);
      return {};
    },
  }),
];
