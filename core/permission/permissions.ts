import type { Role } from './roles.ts';

/** What may be permitted: the noun and the verb. A noun's `get` decides who may know that it exists. */
export const permissions = {
  'organization.get': 'See the organization',
  'organization.update': 'Change its name and billing address',
  'auditLog.get': 'Read the audit log',
  'cluster.get': 'See where deployments may be, and of what they may be made',
  'member.get': 'See who is a member, and with which roles',
  'member.update': 'Give and take roles',
  'invite.get': 'See open invites',
  'invite.create': 'Invite people by mail',
  'invite.delete': 'Take invites back',
  'team.get': 'See teams, who is in them, and with which roles',
  'team.create': 'Create teams',
  'team.update': 'Rename teams, and change their members and roles',
  'team.delete': 'Delete teams',
  'role.create': 'Create roles of the organization',
  'role.update': 'Change what roles of the organization permit',
  'role.delete': 'Delete roles of the organization',
  'token.get': 'See API tokens, but not their text',
  'token.create': 'Create API tokens',
  'token.update': 'Rename and rotate API tokens, and change their roles',
  'token.delete': 'Revoke API tokens',
  'workspace.create': 'Create workspaces',
  'workspace.get': 'See the workspace',
  'workspace.update': 'Change the workspace',
  'workspace.delete': 'Delete the workspace',
  'deployment.create': 'Create deployments',
  'deployment.get': 'See the deployment',
  'deployment.update': 'Change the deployment',
  'deployment.delete': 'Delete the deployment',
  'deploy.create': 'Deploy code',
  'deploy.get': 'See what was deployed',
  'deploy.update': 'Describe what was deployed',
  'log.get': 'Read logs',
  'airflow.admin': "Be in Airflow with Airflow's role Admin",
  'airflow.op': "Be in Airflow with Airflow's role Op",
  'airflow.user': "Be in Airflow with Airflow's role User",
  'airflow.viewer': "Be in Airflow with Airflow's role Viewer",
} as const;
export type Permission = keyof typeof permissions;

/** All of them. */
export const PERMISSIONS: readonly Permission[] = Object.keys(permissions).filter(isPermission);

/** Whether the text is a permission. */
export function isPermission(text: string): text is Permission {
  return Object.hasOwn(permissions, text);
}

const SEE_ORGANIZATION = ['organization.get', 'cluster.get'] as const;
const SEE_ACCESS = ['member.get', 'team.get'] as const;
const SEE_DEPLOYMENT = ['deployment.get', 'deploy.get', 'log.get', ...SEE_ACCESS, 'airflow.viewer'] as const;
const DELIVER = ['deploy.create', 'deploy.update', 'airflow.user'] as const;
const RUN_DEPLOYMENT = ['deployment.update', 'deployment.delete', 'airflow.op'] as const;
const GIVE_ACCESS = [
  'member.update',
  'team.update',
  'token.get',
  'token.create',
  'token.update',
  'token.delete',
] as const;

/** Each list has that of the role below it, so that whoever may give a role may give those below. */
const ORGANIZATION_MEMBER = [...SEE_ORGANIZATION, ...SEE_ACCESS] as const;
const ORGANIZATION_BILLING_ADMIN = [...ORGANIZATION_MEMBER, 'organization.update'] as const;
const WORKSPACE_ACCESSOR = ['workspace.get'] as const;
const WORKSPACE_MEMBER = [...WORKSPACE_ACCESSOR, ...SEE_DEPLOYMENT] as const;
const WORKSPACE_AUTHOR = [...WORKSPACE_MEMBER, ...DELIVER] as const;
const WORKSPACE_OPERATOR = [...WORKSPACE_AUTHOR, ...RUN_DEPLOYMENT, 'deployment.create'] as const;
const WORKSPACE_OWNER = [
  ...WORKSPACE_OPERATOR,
  ...GIVE_ACCESS,
  'workspace.update',
  'workspace.delete',
  'airflow.admin',
] as const;

/** The one table of roles and what they permit, on what they are held on and all inside it. */
const permitted: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  ORGANIZATION_OWNER: new Set([
    ...ORGANIZATION_BILLING_ADMIN,
    ...WORKSPACE_OWNER,
    'invite.get',
    'invite.create',
    'invite.delete',
    'team.create',
    'team.delete',
    'role.create',
    'role.update',
    'role.delete',
    'auditLog.get',
    'workspace.create',
  ]),
  ORGANIZATION_BILLING_ADMIN: new Set(ORGANIZATION_BILLING_ADMIN),
  ORGANIZATION_MEMBER: new Set(ORGANIZATION_MEMBER),
  WORKSPACE_OWNER: new Set(WORKSPACE_OWNER),
  WORKSPACE_OPERATOR: new Set(WORKSPACE_OPERATOR),
  WORKSPACE_AUTHOR: new Set(WORKSPACE_AUTHOR),
  WORKSPACE_MEMBER: new Set(WORKSPACE_MEMBER),
  WORKSPACE_ACCESSOR: new Set(WORKSPACE_ACCESSOR),
  DEPLOYMENT_ADMIN: new Set([
    ...SEE_DEPLOYMENT,
    ...DELIVER,
    ...RUN_DEPLOYMENT,
    ...GIVE_ACCESS,
    'airflow.admin',
  ]),
};

/**
 * What permissions on a workspace or a deployment permit on the organization itself: to know of it, and, for whoever
 * gives access to what they are on, of those whom it is given to. An API token of a workspace holds no role but there.
 */
export function seenFromInside(inside: ReadonlySet<Permission>): Permission[] {
  return [
    ...SEE_ORGANIZATION,
    ...(inside.has('member.update') ? (['member.get'] as const) : []),
    ...(inside.has('team.update') ? (['team.get'] as const) : []),
  ];
}

/** A role as far as it is what it permits: one of an organization's own. */
interface Permitting {
  readonly permissions: ReadonlySet<Permission>;
}

/** What a role permits where it is held. */
export function permissionsOf(role: Role | Permitting): ReadonlySet<Permission> {
  return typeof role === 'string' ? permitted[role] : role.permissions;
}

/** Whether all that a role permits is among these permissions. */
export function includeRole(held: ReadonlySet<Permission>, role: Role | Permitting): boolean {
  return [...permissionsOf(role)].every((permission) => held.has(permission));
}
