import { forbidden, invalid } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Access } from './access.ts';
import { permissionsOn, type Target } from './authorize.ts';
import type { CustomRole } from './custom.ts';
import { includeRole } from './permissions.ts';
import { isPlatformRole, type Role, type Roles } from './roles.ts';
import type { Known } from './visible.ts';

/**
 * Throws 403 unless the scope's actor may do, to this target, all that the role permits: nobody gives more than they
 * have, to a person or to an API token.
 */
export function demandGivable({ actor }: Scope, role: Role | CustomRole, target: Target): void {
  if (actor.type === 'system' || actor.type === 'operator') return;
  if (actor.type !== 'public' && mayGive(actor.access, role, target)) return;
  throw forbidden(`${nameOf(role)} permits more than your own roles do here, so you cannot give it.`);
}

/** The same for all of these roles, each on what it is held on: who joins a team is given what it has. */
export function demandAllGivable(scope: Scope, roles: Roles, organizationId: string, known: Known): void {
  const { organization, workspaces, deployments } = roles;
  if (organization !== undefined) demandGivable(scope, organization, { organizationId });
  for (const [workspaceId, role] of Object.entries(workspaces)) {
    demandGivable(scope, role, { organizationId, workspaceId });
  }
  for (const [deploymentId, held] of Object.entries(deployments)) {
    const role = isPlatformRole(held) ? held : known.customRoles.get(held);
    const workspaceId = known.workspaceOf.get(deploymentId);
    if (role !== undefined) demandGivable(scope, role, { organizationId, workspaceId, deploymentId });
  }
}

/** Whether somebody with this access may do, to this target, all that the role permits. */
export function mayGive(access: Access, role: Role | CustomRole, target: Target): boolean {
  return includeRole(permissionsOn(access, target), role);
}

/** Whether a role may be given on deployments in this workspace. */
export function isGivenIn(
  { restrictedWorkspaceIds }: Pick<CustomRole, 'restrictedWorkspaceIds'>,
  workspaceId: string | undefined,
): boolean {
  if (restrictedWorkspaceIds.length === 0) return true;
  return workspaceId !== undefined && restrictedWorkspaceIds.includes(workspaceId);
}

/** Throws 400 for this field of the request unless the role may be given on the deployment that is the target. */
export function demandGivenIn(
  role: Role | CustomRole,
  { workspaceId, deploymentId }: Target,
  field: string,
): void {
  if (typeof role === 'string' || isGivenIn(role, workspaceId)) return;
  const message = `${role.name} may not be given in the workspace of deployment ${deploymentId}`;
  throw invalid({ field, code: 'restricted_role', message });
}

function nameOf(role: Role | CustomRole): string {
  return typeof role === 'string' ? role : role.name;
}
