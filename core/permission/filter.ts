import { findDeployment } from '../deployment/read.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Target } from './authorize.ts';
import { type Roles, roleOn } from './roles.ts';

/** Whom a list shall have: those who hold a role on the workspace or the deployment, or all. */
export interface RoleFilter {
  readonly workspaceId?: string | undefined;
  readonly deploymentId?: string | undefined;
  /** A single DAG, or those with any of these tags. */
  readonly dagId?: string | undefined;
  readonly dagTags?: readonly string[] | undefined;
}

/**
 * Whether these roles have one on what the filter names; one that names nothing lets all pass. No roles are held on
 * single DAGs.
 */
export function holdsRoleOn(
  roles: Roles,
  { workspaceId, deploymentId, dagId, dagTags = [] }: RoleFilter,
): boolean {
  return (
    dagId === undefined &&
    dagTags.length === 0 &&
    (workspaceId === undefined || roleOn(roles.workspaces, workspaceId) !== undefined) &&
    (deploymentId === undefined || roleOn(roles.deployments, deploymentId) !== undefined)
  );
}

/** What a list's filter asks to look at; a deployment that is not there, or not in the workspace, cannot be seen. */
export async function targetOf(
  services: Services,
  organizationId: string,
  { workspaceId, deploymentId }: RoleFilter,
): Promise<Target> {
  if (deploymentId === undefined) return { organizationId, workspaceId };
  const deployment = await findDeployment(services, { organizationId, deploymentId });
  if (deployment === undefined) throw notFound('deployment', deploymentId);
  if (workspaceId !== undefined && workspaceId !== deployment.workspaceId) {
    throw notFound('workspace', workspaceId);
  }
  return { organizationId, workspaceId: deployment.workspaceId, deploymentId };
}
