import { z } from 'zod';
import { createDeployment, planCreate } from '../../../core/deployment/create.ts';
import { deleteDeployment, planDelete } from '../../../core/deployment/delete.ts';
import { deploymentPage } from '../../../core/deployment/list.ts';
import { getDeployment } from '../../../core/deployment/read.ts';
import { CreateDeploymentRequest, UpdateDeploymentRequest } from '../../../core/deployment/request.ts';
import { viewDeployment, viewDeployments } from '../../../core/deployment/show.ts';
import { planUpdate, updateDeployment } from '../../../core/deployment/update.ts';
import { Deployment } from '../../../core/deployment/view.ts';
import { ListedId } from '../../../core/id.ts';
import { many, pageQuery, pageShape } from '../../../core/page.ts';
import { route } from '../route.ts';
import { inDeployment, inOrganization, noAnswer, nothing } from '../shapes.ts';

export const deployments = [
  route({
    operation: 'ListDeployments',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployments',
    summary: 'The deployments of an organization that the caller may see',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['name', 'createdAt', 'updatedAt', 'workspaceId', 'status']),
      deploymentIds: many(ListedId),
      names: many(z.string()),
      workspaceIds: many(ListedId),
    }),
    body: 'none',
    answer: z.object({ deployments: z.array(Deployment), ...pageShape }),
    async handle(scope, { params, query }, services) {
      const { items, ...page } = await deploymentPage(scope, services, params.organizationId, query);
      const deployments = await viewDeployments(scope, services, params.organizationId, items);
      return { body: { deployments, ...page } };
    },
  }),
  route({
    operation: 'CreateDeployment',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments',
    summary: 'Create a deployment, a new Airflow; its workspace must permit `deployment.create`',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: nothing,
    body: CreateDeploymentRequest,
    answer: Deployment,
    handle: async (scope, { params, body }, services) => ({
      body: await viewDeployment(
        scope,
        services,
        await createDeployment(scope, services, params.organizationId, body),
      ),
    }),
    plan: (scope, { params, body }, services) => planCreate(scope, services, params.organizationId, body),
  }),
  route({
    operation: 'GetDeployment',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}',
    summary: 'A deployment: what is desired, and how it runs',
    access: { kind: 'permission', permission: 'deployment.get' },
    params: inDeployment,
    query: nothing,
    body: 'none',
    answer: Deployment,
    handle: async (scope, { params }, services) => ({
      body: await viewDeployment(scope, services, await getDeployment(services, params)),
    }),
  }),
  route({
    operation: 'UpdateDeployment',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}',
    summary: 'Change a deployment; what it does not say stays as it is',
    access: { kind: 'permission', permission: 'deployment.update' },
    params: inDeployment,
    query: nothing,
    body: UpdateDeploymentRequest,
    answer: Deployment,
    handle: async (scope, { params, body }, services) => ({
      body: await viewDeployment(scope, services, await updateDeployment(scope, services, params, body)),
    }),
    plan: (scope, { params, body }, services) => planUpdate(scope, services, params, body),
  }),
  route({
    operation: 'DeleteDeployment',
    method: 'DELETE',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}',
    summary: 'Delete a deployment with everything that belongs to it',
    access: { kind: 'permission', permission: 'deployment.delete' },
    params: inDeployment,
    query: nothing,
    body: 'none',
    answer: noAnswer,
    async handle(scope, { params }, services) {
      await deleteDeployment(scope, services, params);
      return {};
    },
    plan: (_scope, { params }, services) => planDelete(services, params),
  }),
];
