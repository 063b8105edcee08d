import { z } from 'zod';
import { createDeploy } from '../../../core/deploy/create.ts';
import { finalizeDeploy, planDeploy } from '../../../core/deploy/finalize.ts';
import { deployPage, getDeploy } from '../../../core/deploy/read.ts';
import {
  CreateDeployRequest,
  FinalizeDeployRequest,
  RollBackDeployRequest,
  UpdateDeployRequest,
} from '../../../core/deploy/request.ts';
import { planRollBackDeploy, rollBackDeploy } from '../../../core/deploy/rollback.ts';
import { updateDeploy } from '../../../core/deploy/update.ts';
import { uploadUrl } from '../../../core/deploy/upload-url.ts';
import { Deploy, deployView } from '../../../core/deploy/view.ts';
import { getDeployment } from '../../../core/deployment/read.ts';
import { pageQuery, pageShape } from '../../../core/page.ts';
import { route } from '../route.ts';
import { inDeploy, inDeployment, nothing } from '../shapes.ts';

export const deploys = [
  route({
    operation: 'ListDeploys',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys',
    summary: 'What was delivered to a deployment',
    access: { kind: 'permission', permission: 'deploy.get' },
    params: inDeployment,
    query: z.strictObject({ ...pageQuery(['createdAt', 'updatedAt']) }),
    body: 'none',
    answer: z.object({ deploys: z.array(Deploy), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      await getDeployment(services, params);
      const { items, ...page } = await deployPage(services, params, query);
      return { body: { deploys: items.map((item) => deployView(services, item)), ...page } };
    },
  }),
  route({
    operation: 'CreateDeploy',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys',
    summary: 'Begin a delivery of code, and get the URL to upload it to',
    access: { kind: 'permission', permission: 'deploy.create' },
    params: inDeployment,
    query: nothing,
    body: CreateDeployRequest,
    answer: Deploy,
    async handle(scope, { params, body }, services) {
      const item = await createDeploy(scope, services, params, body);
      return { body: deployView(services, item, await uploadUrl(scope, services, item)) };
    },
  }),
  route({
    operation: 'GetDeploy',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}',
    summary: 'A delivery of code',
    access: { kind: 'permission', permission: 'deploy.get' },
    params: inDeploy,
    query: nothing,
    body: 'none',
    answer: Deploy,
    handle: async (_scope, { params }, services) => ({
      body: deployView(services, await getDeploy(services, params)),
    }),
  }),
  route({
    operation: 'UpdateDeploy',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}',
    summary: 'Change the description of a delivery',
    access: { kind: 'permission', permission: 'deploy.update' },
    params: inDeploy,
    query: nothing,
    body: UpdateDeployRequest,
    answer: Deploy,
    handle: async (scope, { params, body }, services) => ({
      body: deployView(services, await updateDeploy(scope, services, params, body)),
    }),
  }),
  route({
    operation: 'FinalizeDeploy',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}/finalize',
    summary: 'Deploy what was uploaded',
    access: { kind: 'permission', permission: 'deploy.create' },
    params: inDeploy,
    query: nothing,
    body: FinalizeDeployRequest,
    answer: Deploy,
    handle: async (scope, { params, body }, services) => ({
      body: deployView(services, await finalizeDeploy(scope, services, params, body)),
    }),
    plan: (scope, { params, body }, services) => planDeploy(scope, services, params, body),
  }),
  route({
    operation: 'DeployRollback',
    method: 'POST',
    path: '/v1/organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}/rollback',
    summary: 'Deliver the code of an earlier deploy again, and change nothing else',
    access: { kind: 'permission', permission: 'deploy.create' },
    params: inDeploy,
    query: nothing,
    body: RollBackDeployRequest,
    answer: Deploy,
    handle: async (scope, { params, body }, services) => ({
      body: deployView(services, await rollBackDeploy(scope, services, params, body)),
    }),
    plan: (_scope, { params }, services) => planRollBackDeploy(services, params),
  }),
];
