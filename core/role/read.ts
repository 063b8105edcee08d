import { invalid, notFound } from '../errors.ts';
import { comparable } from '../name/schema.ts';
import type { CustomRole, CustomRoles } from '../permission/custom.ts';
import { isPermission } from '../permission/permissions.ts';
import { type DeploymentRole, isPlatformRole } from '../permission/roles.ts';
import type { Services } from '../services.ts';
import { findBatch } from '../store/batch.ts';
import type { RoleIds, RoleItem } from './entity.ts';

/** Where the names of roles stand, apart from those of workspaces and teams: no id is this. */
export const NAMES_OF_ROLES = 'roles';

/** A role of the organization's own, or 404. */
export async function getRole(services: Services, { organizationId, roleId }: RoleIds): Promise<RoleItem> {
  const { data } = await services
    .store(organizationId)
    .entities.role.get({ organizationId, roleId })
    .go({ consistent: true });
  if (data === null) throw notFound('role', roleId);
  return data;
}

/** All roles of the organization's own. */
export async function allRoles(services: Services, organizationId: string): Promise<RoleItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.role.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data;
}

/** Those of these roles that are there, by their ids. */
export async function findCustomRoles(
  services: Services,
  organizationId: string,
  roleIds: readonly string[],
): Promise<CustomRoles> {
  if (roleIds.length === 0) return new Map();
  const { role } = services.store(organizationId).entities;
  const found = await findBatch<RoleItem>(
    'A role',
    roleIds,
    ({ roleId }) => roleId,
    (ids) => role.get(ids.map((roleId) => ({ organizationId, roleId }))).go({ consistent: true }),
  );
  return new Map(found.map((item) => [item.roleId, customRole(item)]));
}

/** The role on a deployment that a request gives in this field: the platform's, or one of `own` by its name or id. */
export function givenRole(
  own: readonly RoleItem[],
  given: string,
  field: string,
): DeploymentRole | CustomRole {
  if (isPlatformRole(given)) return given;
  const role = own.find(({ roleId, name }) => roleId === given || comparable(name) === comparable(given));
  if (role !== undefined) return customRole(role);
  const message = `"${given}" is no role on deployments: it must be DEPLOYMENT_ADMIN, or one of the organization's own by its name or id`;
  throw invalid({ field, code: 'invalid_value', message });
}

/** What an item permits; of a permission that the platform no longer has, nothing. */
function customRole({ roleId, name, permissions: listed, restrictedWorkspaceIds }: RoleItem): CustomRole {
  return { roleId, name, permissions: new Set(listed.filter(isPermission)), restrictedWorkspaceIds };
}
