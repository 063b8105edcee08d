import { findDeployments } from '../deployment/read.ts';
import { findCustomRoles } from '../role/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { may, type Target } from './authorize.ts';
import { type CustomRoles, customRoleIds } from './custom.ts';
import type { Permission } from './permissions.ts';
import { isPlatformRole, type Roles } from './roles.ts';

/** What has to be known about roles that are held: which workspace each deployment is in, and what each role is. */
export interface Known {
  readonly workspaceOf: ReadonlyMap<string, string>;
  readonly customRoles: CustomRoles;
}

/** What is known about these roles. A deployment that is gone is in no workspace, a role that is gone is none. */
export async function knownOf(
  services: Services,
  organizationId: string,
  holders: readonly Roles[],
): Promise<Known> {
  const deploymentIds = holders.flatMap(({ deployments }) => Object.keys(deployments));
  const [found, customRoles] = await Promise.all([
    findDeployments(services, organizationId, deploymentIds),
    findCustomRoles(services, organizationId, customRoleIds(holders)),
  ]);
  const workspaceOf = new Map(found.map(({ deploymentId, workspaceId }) => [deploymentId, workspaceId]));
  return { workspaceOf, customRoles };
}

/** What somebody's roles are on: the organization, workspaces and deployments that are there. */
export function targetsOf(roles: Roles, organizationId: string, { workspaceOf }: Known): Target[] {
  return [
    ...(roles.organization === undefined ? [] : [{ organizationId }]),
    ...Object.keys(roles.workspaces).map((workspaceId) => ({ organizationId, workspaceId })),
    ...Object.keys(roles.deployments).flatMap((deploymentId) => {
      const workspaceId = workspaceOf.get(deploymentId);
      return workspaceId === undefined ? [] : [{ organizationId, workspaceId, deploymentId }];
    }),
  ];
}

/** Of somebody's roles, those on deployments that are there, the organization's own by their names. */
export function namedRoles({ workspaceOf, customRoles }: Known, roles: Roles): Roles {
  const named = Object.entries(roles.deployments).flatMap(([deploymentId, role]) => {
    const name = isPlatformRole(role) ? role : customRoles.get(role)?.name;
    return name === undefined || !workspaceOf.has(deploymentId) ? [] : [[deploymentId, name] as const];
  });
  return { ...roles, deployments: Object.fromEntries(named) };
}

/** Of these, those on things that the scope's actor may know of. */
export function visibleRoles(scope: Scope, organizationId: string, known: Known, roles: Roles): Roles {
  const named = namedRoles(known, roles);
  const isSeen = (permission: Permission, target: Omit<Target, 'organizationId'>) =>
    may(scope, permission, { organizationId, ...target });
  return {
    ...named,
    workspaces: Object.fromEntries(
      Object.entries(named.workspaces).filter(([workspaceId]) => isSeen('workspace.get', { workspaceId })),
    ),
    deployments: Object.fromEntries(
      Object.entries(named.deployments).filter(([deploymentId]) =>
        isSeen('deployment.get', { workspaceId: known.workspaceOf.get(deploymentId), deploymentId }),
      ),
    ),
  };
}
