import { z } from 'zod';
import { GivenId } from '../../../core/id.ts';
import { getOrganization } from '../../../core/organization/read.ts';
import { flag, many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { authorize } from '../../../core/permission/authorize.ts';
import {
  AskedScope,
  DefaultRole,
  defaultRoles,
  findDefaultRole,
  PermissionGroup,
  permissionGroups,
} from '../../../core/permission/describe.ts';
import { isGivenIn } from '../../../core/permission/giving.ts';
import { deleteRole, updateRole } from '../../../core/role/change.ts';
import { createRole } from '../../../core/role/create.ts';
import { allRoles, getRole } from '../../../core/role/read.ts';
import {
  CreateCustomRoleRequest,
  Role,
  roleView,
  UpdateCustomRoleRequest,
} from '../../../core/role/schema.ts';
import { subjectOf } from '../../../core/subject.ts';
import type { Services } from '../../services.ts';
import { route } from '../route.ts';
import { inOrganization, noAnswer, nothing } from '../shapes.ts';

const access = { kind: 'permission', permission: 'organization.get' } as const;
const inRole = inOrganization.extend({ roleId: z.string() });

/** One of the platform's roles, which is as old as the organization. */
async function platformRole(services: Services, organizationId: string, role: DefaultRole): Promise<Role> {
  const { createdAt } = await getOrganization(services, organizationId);
  const by = subjectOf({ type: 'system', name: 'windsock' });
  const audit = { createdAt, createdBy: by, updatedAt: createdAt, updatedBy: by };
  return { ...role, id: role.name, restrictedWorkspaceIds: [], ...audit };
}

export const roles = [
  route({
    operation: 'ListRoles',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/roles',
    summary:
      "An organization's own roles, or those that may be given in a workspace; the platform's too when they are asked for",
    access,
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['name', 'description', 'scopeType', 'createdAt', 'updatedAt']),
      includeDefaultRoles: flag.optional(),
      scopeTypes: many(AskedScope),
      workspaceId: GivenId.optional(),
    }),
    body: 'none',
    answer: z.object({ roles: z.array(Role), defaultRoles: z.array(DefaultRole).optional(), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { organizationId } = params;
      const { includeDefaultRoles, scopeTypes, workspaceId } = query;
      if (workspaceId !== undefined) authorize(scope, 'workspace.get', { organizationId, workspaceId });
      const found = (await allRoles(services, organizationId)).filter(
        (role) => workspaceId === undefined || isGivenIn(role, workspaceId),
      );
      const views = found
        .map((role) => roleView(scope, role))
        .filter(({ scopeType }) => scopeTypes.length === 0 || scopeTypes.includes(scopeType));
      const { items, ...page } = pageOf(views, query);
      const shown = includeDefaultRoles === true ? { defaultRoles: defaultRoles(scopeTypes) } : {};
      return { body: { roles: items, ...shown, ...page } };
    },
  }),
  route({
    operation: 'GetCustomRole',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/roles/{roleId}',
    summary: 'A role and what it permits; the id of one of the platform is its name',
    access,
    params: inRole,
    query: nothing,
    body: 'none',
    answer: Role,
    async handle(scope, { params }, services) {
      const platform = findDefaultRole(params.roleId);
      const role =
        platform === undefined
          ? roleView(scope, await getRole(services, params))
          : await platformRole(services, params.organizationId, platform);
      return { body: role };
    },
  }),
  route({
    operation: 'CreateCustomRole',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/roles',
    summary: "Create a role of the organization's own, to be held on deployments",
    access: { kind: 'permission', permission: 'role.create' },
    params: inOrganization,
    query: nothing,
    body: CreateCustomRoleRequest,
    answer: Role,
    handle: async (scope, { params, body }, services) => ({
      body: roleView(scope, await createRole(scope, services, params.organizationId, body)),
    }),
  }),
  route({
    operation: 'UpdateCustomRole',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/roles/{roleId}',
    summary: "Change a role of the organization's own, and so what everybody may do who holds it",
    access: { kind: 'permission', permission: 'role.update' },
    params: inRole,
    query: nothing,
    body: UpdateCustomRoleRequest,
    answer: Role,
    handle: async (scope, { params, body }, services) => ({
      body: roleView(scope, await updateRole(scope, services, params, body)),
    }),
  }),
  route({
    operation: 'DeleteCustomRole',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/roles/{roleId}',
    summary: "Delete a role of the organization's own that nobody holds",
    access: { kind: 'permission', permission: 'role.delete' },
    params: inRole,
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteRole(scope, services, params);
      return {};
    },
  }),
  route({
    operation: 'ListRoleTemplates',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/role-templates',
    summary: "The platform's roles, as templates of one's own",
    access,
    params: inOrganization,
    query: z.strictObject({ scopeTypes: many(AskedScope) }),
    body: 'none',
    answer: z.array(DefaultRole),
    handle: async (_scope, { query }) => ({ body: defaultRoles(query.scopeTypes) }),
  }),
  route({
    operation: 'ListPermissionGroups',
    method: 'GET',
    path: '/v1/authorization/permission-groups',
    summary: 'What roles may permit, by what it is done to',
    access: { kind: 'authenticated' },
    params: nothing,
    query: z.strictObject({ scopeType: AskedScope.optional() }),
    body: 'none',
    answer: z.array(PermissionGroup),
    handle: async (_scope, { query }) => ({ body: permissionGroups(query.scopeType) }),
  }),
];
