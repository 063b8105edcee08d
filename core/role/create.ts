import { conflict, invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { findWorkspace } from '../workspace/read.ts';
import type { RoleItem } from './entity.ts';
import { NAMES_OF_ROLES } from './read.ts';
import type { CreateCustomRoleRequest, UpdateCustomRoleRequest } from './schema.ts';

/** Creates a role of the organization's own. 409 when the name is taken, 400 for a workspace that is not there. */
export async function createRole(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateCustomRoleRequest,
): Promise<RoleItem> {
  await demandWorkspaces(services, organizationId, request, []);
  const { name, description = '', permissions, restrictedWorkspaceIds = [] } = request;
  const roleId = newId();
  const item = { organizationId, roleId, name, description, permissions, restrictedWorkspaceIds };
  const taken = { organizationId, parentId: NAMES_OF_ROLES, name: comparable(name) };
  return await retryStale(async () => {
    const { store } = services;
    const { data: holder } = await store(organizationId).entities.name.get(taken).go({ consistent: true });
    if (holder !== null) throw nameTaken(name);
    const whole = { ...item, ...created(scope) };
    const rejected = await refused(
      store(organizationId).transaction.write((entities) => [
        entities.name.create({ ...taken, ownerId: roleId }).commit(),
        entities.role.create(whole).commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Role ${roleId}`);
    return whole;
  });
}

/** 409: a role of that name is there already. */
export function nameTaken(name: string) {
  return conflict(`A role named "${name}" exists already in this organization. Choose another name.`);
}

/** 400 for each workspace to which the role shall be restricted that is not there, but for those it is restricted to. */
export async function demandWorkspaces(
  services: Services,
  organizationId: string,
  { restrictedWorkspaceIds = [] }: UpdateCustomRoleRequest,
  before: readonly string[],
): Promise<void> {
  const wrong = await Promise.all(
    restrictedWorkspaceIds.map(async (workspaceId, index) => {
      const isThere =
        before.includes(workspaceId) ||
        (await findWorkspace(services, organizationId, workspaceId)) !== undefined;
      const field = `restrictedWorkspaceIds[${index}]`;
      return isThere ? [] : [{ field, code: 'invalid_value', message: 'is no workspace here' }];
    }),
  );
  if (wrong.flat().length > 0) throw invalid(...wrong.flat());
}
