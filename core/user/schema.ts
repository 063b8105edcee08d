import { z } from 'zod';
import { GivenId } from '../id.ts';
import { Name } from '../name/schema.ts';
import { OrganizationRole, type Roles, WorkspaceRole } from '../permission/roles.ts';
import { GivenRole } from '../role/schema.ts';
import type { MemberItem, UserItem } from './entity.ts';

export const FullName = Name;

/** A user as the API shows it. */
export const User = z.object({
  id: z.string(),
  username: z.string(),
  fullName: z.string(),
  avatarUrl: z.string(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'PENDING', 'BANNED']),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type User = z.infer<typeof User>;

/** An item as the API shows it. */
export function userView(
  item: Pick<UserItem, 'userId' | 'email' | 'fullName' | 'createdAt' | 'updatedAt'>,
): User {
  const { userId, email, fullName, createdAt, updatedAt } = item;
  return { id: userId, username: email, fullName, avatarUrl: '', status: 'ACTIVE', createdAt, updatedAt };
}

const SelfRole = z.object({
  role: z.string(),
  scope: z.object({ type: z.enum(['ORGANIZATION', 'WORKSPACE', 'DEPLOYMENT']), entityId: z.string() }),
});
export type SelfRole = z.infer<typeof SelfRole>;

/** A user as the API shows them to themselves: with the first of their organizations, and their own roles in all. */
export const SelfUser = User.extend({ organizationId: z.string().optional(), roles: z.array(SelfRole) });
export type SelfUser = z.infer<typeof SelfUser>;

const WorkspaceRoles = z.array(z.strictObject({ workspaceId: GivenId, role: WorkspaceRole }));
const DeploymentRoles = z.array(z.strictObject({ deploymentId: GivenId, role: GivenRole }));

/** The roles that somebody holds in an organization, as the API shows them. */
export const SubjectRoles = z.object({
  organizationRole: OrganizationRole.optional(),
  workspaceRoles: WorkspaceRoles,
  deploymentRoles: DeploymentRoles,
});
export type SubjectRoles = z.infer<typeof SubjectRoles>;

export function subjectRoles({ organization, workspaces, deployments }: Roles): SubjectRoles {
  return {
    organizationRole: organization,
    workspaceRoles: Object.entries(workspaces).map(([workspaceId, role]) => ({ workspaceId, role })),
    deploymentRoles: Object.entries(deployments).map(([deploymentId, role]) => ({ deploymentId, role })),
  };
}

/** A member of an organization as the API shows it; the times are those of the membership. */
export const Member = User.extend(SubjectRoles.shape);
export type Member = z.infer<typeof Member>;

/** An item as the API shows it, with those of its roles that the caller may see. */
export function memberView(item: MemberItem, visible: Roles): Member {
  return { ...userView({ ...item, email: item.username }), ...subjectRoles(visible) };
}

/** A role on each thing once: two on one would leave open which is meant. */
function each<T extends z.ZodType>(roles: z.ZodArray<T>, key: keyof z.output<T>) {
  return roles
    .max(1000)
    .refine(
      (list) => new Set(list.map((role) => role[key])).size === list.length,
      `must name each ${String(key)} once`,
    );
}

export const UpdateUserRolesRequest = z.strictObject({
  organizationRole: OrganizationRole.optional(),
  workspaceRoles: each(WorkspaceRoles, 'workspaceId').optional(),
  deploymentRoles: each(DeploymentRoles, 'deploymentId').optional(),
  dagRoles: z.array(z.unknown()).max(0, 'roles on single DAGs are not offered').optional(),
});
export type UpdateUserRolesRequest = z.output<typeof UpdateUserRolesRequest>;

/** The roles that a request asks for; a list that it does not have stays as it is held. */
export function rolesAsked(request: UpdateUserRolesRequest, held: Roles): Roles {
  const { organizationRole, workspaceRoles, deploymentRoles } = request;
  return {
    ...(organizationRole === undefined ? {} : { organization: organizationRole }),
    workspaces:
      workspaceRoles === undefined
        ? held.workspaces
        : Object.fromEntries(workspaceRoles.map(({ workspaceId, role }) => [workspaceId, role])),
    deployments:
      deploymentRoles === undefined
        ? held.deployments
        : Object.fromEntries(deploymentRoles.map(({ deploymentId, role }) => [deploymentId, role])),
  };
}
