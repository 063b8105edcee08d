import { findDeployment } from '../deployment/read.ts';
import { notFound } from '../errors.ts';
import { allRoles, givenRole } from '../role/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { findWorkspace } from '../workspace/read.ts';
import { authorize, type Target, verdictFor } from './authorize.ts';
import type { CustomRole, CustomRoles } from './custom.ts';
import { demandGivable, demandGivenIn } from './giving.ts';
import type { Permission } from './permissions.ts';
import { isPlatformRole, type Role, type Roles, roleOn, type WorkspaceRole } from './roles.ts';

/** Whose roles change: of an organization's member, of one of its teams or of one of its API tokens. */
interface Holder {
  readonly organizationId: string;
  /** What the actor needs on each thing on which a role changes. */
  readonly permission: Permission;
  readonly held: Roles;
  /** The field of the request that has the roles on deployments. */
  readonly field: string;
}

/**
 * The roles that somebody holds once they were changed to what was asked. Only what differs needs a permission. A role
 * on what the actor may not see cannot have been shown, so one that is not asked for stays. Throws 404 for a thing
 * that is not there or not to be seen, 403 for one on which the actor may not give or take this, 400 for a role on a
 * deployment that is none. What is asked may name the organization's own roles; what is held has their ids.
 */
export async function changedRoles(
  scope: Scope,
  services: Services,
  holder: Holder,
  request: Roles,
): Promise<Roles> {
  const { organizationId, held } = holder;
  const { asked, customRoles } = await byId(services, holder, request);
  const stays = (to: Role | CustomRole | undefined, target: Target) => staysHidden(scope, holder, to, target);
  const organization =
    held.organization !== asked.organization && stays(asked.organization, { organizationId })
      ? held.organization
      : asked.organization;
  return {
    ...(organization === undefined ? {} : { organization }),
    workspaces: await each<WorkspaceRole>(
      held.workspaces,
      asked.workspaces,
      stays,
      'workspace',
      async (workspaceId) => {
        const found = await findWorkspace(services, organizationId, workspaceId);
        return found === undefined ? undefined : { organizationId, workspaceId };
      },
    ),
    deployments: await each(
      held.deployments,
      asked.deployments,
      (to, target) => stays(to === undefined || isPlatformRole(to) ? to : customRoles.get(to), target),
      'deployment',
      async (deploymentId) => {
        const found = await findDeployment(services, { organizationId, deploymentId });
        return found === undefined
          ? undefined
          : { organizationId, workspaceId: found.workspaceId, deploymentId };
      },
    ),
  };
}

/**
 * Whether the role that is held on a target stays instead of this one: it does when none is asked for and the actor
 * cannot see the target. Throws 404 or 403 unless the actor may give this role there.
 */
function staysHidden(
  scope: Scope,
  { permission, field }: Holder,
  to: Role | CustomRole | undefined,
  target: Target,
): boolean {
  if (to === undefined && verdictFor(scope, permission, target) === 'invisible') return true;
  authorize(scope, permission, target);
  if (to === undefined) return false;
  demandGivenIn(to, target, field);
  demandGivable(scope, to, target);
  return false;
}

/** The role on each of many things after the change; one on a thing that is gone can only be taken away. */
async function each<R extends string>(
  held: Readonly<Record<string, R>>,
  asked: Readonly<Record<string, R>>,
  stays: (to: R | undefined, target: Target) => boolean,
  noun: string,
  find: (id: string) => Promise<Target | undefined>,
): Promise<Record<string, R>> {
  const roles: Record<string, R> = {};
  for (const id of new Set([...Object.keys(held), ...Object.keys(asked)])) {
    const from = roleOn(held, id);
    const to = roleOn(asked, id);
    const target = from === to ? undefined : await find(id);
    if (from !== to && target === undefined && to !== undefined) throw notFound(noun, id);
    const role: R | undefined = target !== undefined && stays(to, target) ? from : to;
    if (role !== undefined) roles[id] = role;
  }
  return roles;
}

/** What is asked with the organization's own roles by their ids, and those of them that are not held there already. */
async function byId(
  services: Services,
  { organizationId, held, field }: Holder,
  request: Roles,
): Promise<{ asked: Roles; customRoles: CustomRoles }> {
  const deployments = Object.entries(request.deployments);
  const changed = deployments.filter(
    ([deploymentId, role]) => roleOn(held.deployments, deploymentId) !== role,
  );
  const names = [...new Set(changed.map(([, role]) => role))];
  const own = names.every(isPlatformRole) ? [] : await allRoles(services, organizationId);
  const roles = names.map((name) => givenRole(own, name, field));
  const customRoles = new Map(
    roles.flatMap((role) => (typeof role === 'string' ? [] : [[role.roleId, role] as const])),
  );
  const ids = new Map(names.map((name, index) => [name, idOf(roles[index] ?? name)]));
  const asked = deployments.map(([deploymentId, role]) => [deploymentId, ids.get(role) ?? role] as const);
  return { asked: { ...request, deployments: Object.fromEntries(asked) }, customRoles };
}

/** A role on a deployment as it is kept. */
function idOf(role: string | CustomRole): string {
  return typeof role === 'string' ? role : role.roleId;
}
