import { z } from 'zod';
import { GivenId, Id } from '../id.ts';
import { comparable, Name } from '../name/schema.ts';
import { may } from '../permission/authorize.ts';
import { DefaultRole } from '../permission/describe.ts';
import { PERMISSIONS, type Permission, permissionsOf } from '../permission/permissions.ts';
import { DeploymentRole, OrganizationRole, WorkspaceRole } from '../permission/roles.ts';
import type { Scope } from '../scope.ts';
import { Subject } from '../subject.ts';
import type { RoleItem } from './entity.ts';

/** A role as a request names it: the platform's, or on a deployment one of the organization's own, by name or id. */
export const GivenRole = z.string().min(1).max(128);

/** What a role of an organization's own may permit: all that the greatest role on a deployment does. */
const GIVABLE = PERMISSIONS.filter((permission) => permissionsOf('DEPLOYMENT_ADMIN').has(permission));

/** Without it, whatever else a role permits is done to something that cannot be seen. */
const SEEING = 'deployment.get' satisfies Permission;

const PLATFORM_NAMES = new Set(
  [OrganizationRole, WorkspaceRole, DeploymentRole].flatMap(({ options }) =>
    options.map((name) => comparable(name)),
  ),
);

const Permissions = z
  .array(z.enum(GIVABLE))
  .max(GIVABLE.length)
  .refine((list) => new Set(list).size === list.length, 'must name each permission once')
  .refine(
    (list) => list.includes(SEEING),
    `must have ${SEEING}, without which the deployment cannot be seen`,
  );

export const UpdateCustomRoleRequest = z.strictObject({
  name: Name.refine(
    (name) => !PLATFORM_NAMES.has(comparable(name)),
    'is a name of a role of the platform',
  ).refine(
    (name) => !Id.safeParse(comparable(name)).success,
    'must not be an id: requests name roles by both',
  ),
  description: z.string().max(500).optional(),
  permissions: Permissions,
  restrictedWorkspaceIds: z.array(GivenId).max(100).optional(),
});
export type UpdateCustomRoleRequest = z.output<typeof UpdateCustomRoleRequest>;

export const CreateCustomRoleRequest = UpdateCustomRoleRequest.extend({
  scopeType: z.literal('DEPLOYMENT', "must be DEPLOYMENT: roles of one's own are held on deployments"),
});
export type CreateCustomRoleRequest = z.output<typeof CreateCustomRoleRequest>;

/** A role with its permissions, as the API shows it. */
export const Role = DefaultRole.extend({
  id: z.string(),
  restrictedWorkspaceIds: z.array(z.string()),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type Role = z.infer<typeof Role>;

/** An item as the API shows it: of the workspaces that it is restricted to, those that the scope's actor may see. */
export function roleView(scope: Scope, item: RoleItem): Role {
  const { organizationId, roleId } = item;
  const restrictedWorkspaceIds = item.restrictedWorkspaceIds.filter((workspaceId) =>
    may(scope, 'workspace.get', { organizationId, workspaceId }),
  );
  return Role.parse({ ...item, id: roleId, scopeType: 'DEPLOYMENT', restrictedWorkspaceIds });
}
