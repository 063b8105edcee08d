import { z } from 'zod';
import { GivenId } from '../id.ts';
import { Name } from '../name/schema.ts';
import { OrganizationRole, type Roles } from '../permission/roles.ts';
import { Subject } from '../subject.ts';
import type { MemberItem } from '../user/entity.ts';
import { SubjectRoles, subjectRoles, UpdateUserRolesRequest } from '../user/schema.ts';
import type { TeamItem } from './entity.ts';

const Description = z.string().max(500);

/**
 * Users who join at once: all of them do, or none. DynamoDB's transactions have 100 items at most, of which some are
 * the team's, its name's and the idempotency key's.
 */
const MemberIds = z.array(GivenId).max(90, 'at most 90 users join at once; ask for the others again');

export const CreateTeamRequest = z.strictObject({
  name: Name,
  description: Description.optional(),
  organizationRole: OrganizationRole.optional(),
  memberIds: MemberIds.optional(),
});
export type CreateTeamRequest = z.output<typeof CreateTeamRequest>;

export const UpdateTeamRequest = z.strictObject({ name: Name, description: Description.optional() });
export type UpdateTeamRequest = z.output<typeof UpdateTeamRequest>;

/** A team is always in the organization; so it has a role on it. */
export const UpdateTeamRolesRequest = UpdateUserRolesRequest.extend({ organizationRole: OrganizationRole });
export type UpdateTeamRolesRequest = z.output<typeof UpdateTeamRolesRequest>;

export const AddTeamMembersRequest = z.strictObject({ memberIds: MemberIds.min(1) });
export type AddTeamMembersRequest = z.output<typeof AddTeamMembersRequest>;

/** A team as the API shows it. No identity provider manages any. */
export const Team = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  organizationId: z.string(),
  isIdpManaged: z.literal(false),
  ...SubjectRoles.shape,
  organizationRole: OrganizationRole,
  rolesCount: z.number(),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type Team = z.infer<typeof Team>;

/** A team as the API shows it among a user's. */
export const UserTeam = Team.omit({
  organizationId: true,
  createdAt: true,
  createdBy: true,
  updatedAt: true,
  updatedBy: true,
});

/** An item as the API shows it, with those of its roles that the caller may see. */
export function teamView(item: TeamItem, visible: Roles): Team {
  const roles = subjectRoles(visible);
  const rolesCount = 1 + roles.workspaceRoles.length + roles.deploymentRoles.length;
  return Team.parse({ ...item, id: item.teamId, isIdpManaged: false, ...roles, rolesCount });
}

/** A member of a team as the API shows it; `createdAt` is when they joined it. */
export const TeamMember = z.object({
  userId: z.string(),
  username: z.string(),
  fullName: z.string(),
  avatarUrl: z.string(),
  createdAt: z.string().optional(),
});
export type TeamMember = z.infer<typeof TeamMember>;

/** A member's item as a team's list shows it. */
export function teamMemberView(
  { userId, username, fullName, teams }: MemberItem,
  teamId: string,
): TeamMember {
  return { userId, username, fullName, avatarUrl: '', createdAt: teams?.[teamId] };
}
