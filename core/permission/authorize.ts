import { forbidden, notFound } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Access } from './access.ts';
import { type Permission, permissionsOf, seenFromInside } from './permissions.ts';
import { roleOn } from './roles.ts';

/** What a permission is asked for: an organization, a workspace of it, or a deployment of that. */
export interface Target {
  readonly organizationId: string;
  readonly workspaceId?: string | undefined;
  readonly deploymentId?: string | undefined;
}

export type Verdict = 'allowed' | 'forbidden' | 'invisible';

/** What somebody with this access may do to a target. */
export function permissionsOn(access: Access, target: Target): ReadonlySet<Permission> {
  const { organization, workspaces, deployments } = access;
  const { workspaceId, deploymentId } = target;
  const held = [organization, workspaceId === undefined ? undefined : roleOn(workspaces, workspaceId)].filter(
    (role) => role !== undefined,
  );
  const sets = held.map((role) => permissionsOf(role));
  sets.push((deploymentId === undefined ? undefined : roleOn(deployments, deploymentId)) ?? new Set());
  if (workspaceId === undefined && deploymentId === undefined) {
    const inside = [...Object.values(workspaces).map(permissionsOf), ...Object.values(deployments)];
    sets.push(...inside.map((permitted) => new Set(seenFromInside(permitted))));
  }
  return new Set(sets.flatMap((set) => [...set]));
}

/**
 * Whether this access permits it: `forbidden` when the target may be seen and this not be done to it, `invisible`
 * when its existence is not the caller's to know.
 */
export function verdict(access: Access, permission: Permission, target: Target): Verdict {
  const allowed = permissionsOn(access, target);
  if (!allowed.has(seeing(target))) return 'invisible';
  return allowed.has(permission) ? 'allowed' : 'forbidden';
}

/** The same for a scope's actor: the platform itself may do everything, the public nothing. */
export function verdictFor({ actor }: Scope, permission: Permission, target: Target): Verdict {
  switch (actor.type) {
    case 'system':
    case 'operator':
      return 'allowed';
    case 'public':
      return 'invisible';
    case 'user':
    case 'apiToken':
      return verdict(actor.access, permission, target);
  }
}

/** Whether the scope's actor may do this to the target. */
export function may(scope: Scope, permission: Permission, target: Target): boolean {
  return verdictFor(scope, permission, target) === 'allowed';
}

/** Throws 404 or 403 unless the scope's actor may do this to the target. */
export function authorize(scope: Scope, permission: Permission, target: Target): void {
  const decided = verdictFor(scope, permission, target);
  if (decided === 'allowed') return;
  if (decided === 'forbidden') {
    throw forbidden(`Your roles do not permit ${permission} here. Ask an owner of the organization.`);
  }
  if (target.deploymentId !== undefined) throw notFound('deployment', target.deploymentId);
  if (target.workspaceId !== undefined) throw notFound('workspace', target.workspaceId);
  throw notFound('organization', target.organizationId);
}

function seeing({ workspaceId, deploymentId }: Target): Permission {
  if (deploymentId !== undefined) return 'deployment.get';
  return workspaceId === undefined ? 'organization.get' : 'workspace.get';
}
