import type { CustomRoles } from './custom.ts';
import { includeRole, type Permission, permissionsOf } from './permissions.ts';
import {
  isPlatformRole,
  type OrganizationRole,
  type Role,
  type Roles,
  roleOn,
  type WorkspaceRole,
} from './roles.ts';

/**
 * What somebody may do in one organization, by all the roles that they hold. On a deployment it is what these permit
 * together: of roles of the organization's own, none needs to permit all that another does.
 */
export interface Access {
  readonly organization?: OrganizationRole | undefined;
  readonly workspaces: Readonly<Record<string, WorkspaceRole>>;
  readonly deployments: Readonly<Record<string, ReadonlySet<Permission>>>;
}

/** Of somebody who is no member of the organization. */
export const NO_ACCESS: Access = { workspaces: {}, deployments: {} };

/** What roles permit; those of the organization's own that are not among `customRoles` are gone, and permit nothing. */
export function accessOf({ deployments, ...roles }: Roles, customRoles: CustomRoles): Access {
  const permitted = Object.entries(deployments).flatMap(([deploymentId, held]) => {
    const role = isPlatformRole(held) ? held : customRoles.get(held);
    return role === undefined ? [] : [[deploymentId, permissionsOf(role)] as const];
  });
  return { ...roles, deployments: Object.fromEntries(permitted) };
}

/**
 * What somebody may do who has all of this access. Of two of the platform's roles on the organization or a workspace,
 * one permits all that the other does, so nothing is lost.
 */
export function together(access: readonly Access[]): Access {
  return access.reduce(
    (all, { organization, workspaces, deployments }) => ({
      organization:
        organization === undefined
          ? all.organization
          : higher(all.organization ?? organization, organization),
      workspaces: onEach(all.workspaces, workspaces, higher),
      deployments: onEach(all.deployments, deployments, (one, other) => new Set([...one, ...other])),
    }),
    NO_ACCESS,
  );
}

function onEach<V>(
  some: Readonly<Record<string, V>>,
  others: Readonly<Record<string, V>>,
  both: (one: V, other: V) => V,
): Record<string, V> {
  const joined = Object.entries(others).map(([id, value]) => [id, both(roleOn(some, id) ?? value, value)]);
  return { ...some, ...Object.fromEntries(joined) };
}

function higher<R extends Role>(one: R, other: R): R {
  return includeRole(permissionsOf(one), other) ? one : other;
}
