import { z } from 'zod';
import { ListedId } from '../../../core/id.ts';
import { many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { deleteWorkspace, updateWorkspace } from '../../../core/workspace/change.ts';
import { createWorkspace } from '../../../core/workspace/create.ts';
import { getWorkspace, listWorkspaces } from '../../../core/workspace/read.ts';
import {
  CreateWorkspaceRequest,
  UpdateWorkspaceRequest,
  Workspace,
  workspaceView,
} from '../../../core/workspace/schema.ts';
import { route } from '../route.ts';
import { inOrganization, inWorkspace, noAnswer, nothing } from '../shapes.ts';

export const workspaces = [
  route({
    operation: 'ListWorkspaces',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/workspaces',
    summary: 'The workspaces of an organization that the caller may see',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['name', 'description', 'createdAt', 'updatedAt']),
      workspaceIds: many(ListedId),
      names: many(z.string()),
    }),
    body: 'none',
    answer: z.object({ workspaces: z.array(Workspace), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const views = (await listWorkspaces(scope, services, params.organizationId))
        .map(workspaceView)
        .filter(
          ({ id, name }) =>
            (query.workspaceIds.length === 0 || query.workspaceIds.includes(id)) &&
            (query.names.length === 0 || query.names.includes(name)),
        );
      const { items, ...page } = pageOf(views, query);
      return { body: { workspaces: items, ...page } };
    },
  }),
  route({
    operation: 'CreateWorkspace',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/workspaces',
    summary: 'Create a workspace',
    access: { kind: 'permission', permission: 'workspace.create' },
    params: inOrganization,
    query: nothing,
    body: CreateWorkspaceRequest,
    answer: Workspace,
    handle: async (scope, { params, body }, services) => ({
      body: workspaceView(await createWorkspace(scope, services, params.organizationId, body)),
    }),
  }),
  route({
    operation: 'GetWorkspace',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/workspaces/{workspaceId}',
    summary: 'A workspace',
    access: { kind: 'permission', permission: 'workspace.get' },
    params: inWorkspace,
    query: nothing,
    body: 'none',
    answer: Workspace,
    handle: async (_scope, { params }, services) => ({
      body: workspaceView(await getWorkspace(services, params.organizationId, params.workspaceId)),
    }),
  }),
  route({
    operation: 'UpdateWorkspace',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/workspaces/{workspaceId}',
    summary: 'Change a workspace',
    access: { kind: 'permission', permission: 'workspace.update' },
    params: inWorkspace,
    query: nothing,
    body: UpdateWorkspaceRequest,
    answer: Workspace,
    handle: async (scope, { params, body }, services) => ({
      body: workspaceView(await updateWorkspace(scope, services, params, body)),
    }),
  }),
  route({
    operation: 'DeleteWorkspace',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/workspaces/{workspaceId}',
    summary: 'Delete a workspace that has no deployments',
    access: { kind: 'permission', permission: 'workspace.delete' },
    params: inWorkspace,
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteWorkspace(scope, services, params);
      return {};
    },
  }),
];
