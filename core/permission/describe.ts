import { z } from 'zod';
import { PERMISSIONS, type Permission, permissions, permissionsOf } from './permissions.ts';
import { DeploymentRole, OrganizationRole, type Role, WorkspaceRole } from './roles.ts';

/** What a role is held on. */
export const RoleScope = z.enum(['ORGANIZATION', 'WORKSPACE', 'DEPLOYMENT']);
export type RoleScope = z.infer<typeof RoleScope>;

/** What a list of roles may be asked for: single DAGs too, on which no role is held here. */
export const AskedScope = z.enum([...RoleScope.options, 'DAG']);
export type AskedScope = z.infer<typeof AskedScope>;

const descriptions: Readonly<Record<Role, string>> = {
  ORGANIZATION_OWNER: 'Everything in the organization',
  ORGANIZATION_BILLING_ADMIN: 'See the organization, and change its name and billing',
  ORGANIZATION_MEMBER: 'See the organization and its members',
  WORKSPACE_OWNER: 'Everything in the workspace, and who has access to it',
  WORKSPACE_OPERATOR: 'Create, change and delete deployments, and deploy to them',
  WORKSPACE_AUTHOR: 'Deploy, and work in Airflow',
  WORKSPACE_MEMBER: 'See the workspace, its deployments and their Airflow',
  WORKSPACE_ACCESSOR: 'See that the workspace is there',
  DEPLOYMENT_ADMIN: 'Everything in the deployment, and who has access to it',
};

/** A role of the platform as the API shows it; its name is its id. */
export const DefaultRole = z.object({
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.string()),
  scopeType: RoleScope,
});
export type DefaultRole = z.infer<typeof DefaultRole>;

const scopes = [
  ['ORGANIZATION', OrganizationRole.options],
  ['WORKSPACE', WorkspaceRole.options],
  ['DEPLOYMENT', DeploymentRole.options],
] as const;

/** The platform's roles that are held on one of these; no scope asks for all of them. */
export function defaultRoles(asked: readonly AskedScope[]): DefaultRole[] {
  return scopes
    .filter(([scope]) => asked.length === 0 || asked.includes(scope))
    .flatMap(([scopeType, roles]) =>
      roles.map((name) => ({
        name,
        description: descriptions[name],
        permissions: [...permissionsOf(name)].sort(),
        scopeType,
      })),
    );
}

/** One of the platform's roles by its name. */
export function findDefaultRole(name: string): DefaultRole | undefined {
  return defaultRoles([]).find((role) => role.name === name);
}

/** The permissions on one noun, as the API shows them. */
export const PermissionGroup = z.object({
  name: z.string(),
  description: z.string(),
  scope: RoleScope,
  permissions: z.array(z.object({ action: z.string(), description: z.string() })),
});
export type PermissionGroup = z.infer<typeof PermissionGroup>;

const ON_DEPLOYMENTS = permittedBy(DeploymentRole.options);
const ON_WORKSPACES = permittedBy(WorkspaceRole.options);

/** All permissions by their noun, each at the smallest scope that a role permits it on. */
export function permissionGroups(scope?: AskedScope): PermissionGroup[] {
  const groups = new Map<string, PermissionGroup>();
  for (const permission of PERMISSIONS) {
    const [noun = '', action = ''] = permission.split('.');
    const at = scopeOf(permission);
    const key = `${at} ${noun}`;
    const group = groups.get(key) ?? {
      name: noun,
      description: `What may be done to ${noun === 'airflow' ? "the deployment's Airflow" : `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`}`,
      scope: at,
      permissions: [],
    };
    const described = { action, description: permissions[permission] };
    groups.set(key, { ...group, permissions: [...group.permissions, described] });
  }
  return [...groups.values()].filter((group) => scope === undefined || group.scope === scope);
}

function scopeOf(permission: Permission): RoleScope {
  if (ON_DEPLOYMENTS.has(permission)) return 'DEPLOYMENT';
  return ON_WORKSPACES.has(permission) ? 'WORKSPACE' : 'ORGANIZATION';
}

function permittedBy(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => [...permissionsOf(role)]));
}
