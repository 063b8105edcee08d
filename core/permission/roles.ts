import { z } from 'zod';

/** The platform's roles, those of the API's reference, by what they are held on. */
export const OrganizationRole = z.enum([
  'ORGANIZATION_OWNER',
  'ORGANIZATION_BILLING_ADMIN',
  'ORGANIZATION_MEMBER',
]);
export type OrganizationRole = z.infer<typeof OrganizationRole>;

export const WorkspaceRole = z.enum([
  'WORKSPACE_OWNER',
  'WORKSPACE_OPERATOR',
  'WORKSPACE_AUTHOR',
  'WORKSPACE_MEMBER',
  'WORKSPACE_ACCESSOR',
]);
export type WorkspaceRole = z.infer<typeof WorkspaceRole>;

export const DeploymentRole = z.enum(['DEPLOYMENT_ADMIN']);
export type DeploymentRole = z.infer<typeof DeploymentRole>;

export type Role = OrganizationRole | WorkspaceRole | DeploymentRole;

/**
 * The roles somebody holds in one organization: on it, on its workspaces and on its deployments, by id. On a
 * deployment it is one of the platform's, or one of the organization's own by its id.
 */
export const Roles = z.strictObject({
  organization: OrganizationRole.optional(),
  workspaces: z.record(z.string(), WorkspaceRole),
  deployments: z.record(z.string(), z.string()),
});
export type Roles = z.infer<typeof Roles>;

/** The role that is held on one thing; an id may be any text, and `toString` is none. */
export function roleOn<R>(roles: Readonly<Record<string, R>>, id: string): R | undefined {
  return Object.hasOwn(roles, id) ? roles[id] : undefined;
}

/** Of somebody who is no member of the organization. */
export const NO_ROLES: Roles = { workspaces: {}, deployments: {} };

/** Whether the role on a deployment is one of the platform's. */
export function isPlatformRole(role: string): role is DeploymentRole {
  return DeploymentRole.safeParse(role).success;
}
