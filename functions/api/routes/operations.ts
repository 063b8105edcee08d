import { z } from 'zod';
import { getDeployment } from '../../../core/deployment/read.ts';
import { operationPage } from '../../../core/operation/read.ts';
import { TimelineEntry } from '../../../core/operation/timeline.ts';
import { timelinePage } from '../../../core/operation/timeline-page.ts';
import { Operation, operationView } from '../../../core/operation/view.ts';
import { pageQuery, pageShape } from '../../../core/page.ts';
import { route } from '../route.ts';
import { inDeployment } from '../shapes.ts';

export const operations = [
  route({
    operation: 'ListOperations',
    method: 'GET',
    path: '/v1alpha1/organizations/{organizationId}/deployments/{deploymentId}/operations',
    summary: 'What was and is done to a deployment, the newest first: plan, steps, times, outcome and reason',
    access: { kind: 'permission', permission: 'deployment.get' },
    params: inDeployment,
    query: z.strictObject({ ...pageQuery(['createdAt']) }),
    body: 'none',
    answer: z.object({ operations: z.array(Operation), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const deployment = await getDeployment(services, params);
      const { items, ...page } = await operationPage(services, deployment, query);
      return { body: { operations: items.map(operationView), ...page } };
    },
  }),
  route({
    operation: 'GetDeploymentTimeline',
    method: 'GET',
    path: '/v1alpha1/organizations/{organizationId}/deployments/{deploymentId}/timeline',
    summary:
      'What happened to a deployment, the newest first: who asked for which change, with the operation that carried it, and what ran out of memory',
    access: { kind: 'permission', permission: 'deployment.get' },
    params: inDeployment,
    query: z.strictObject({ ...pageQuery(['at']) }),
    body: 'none',
    answer: z.object({ timeline: z.array(TimelineEntry), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const { items, ...page } = await timelinePage(services, await getDeployment(services, params), query);
      return { body: { timeline: items, ...page } };
    },
  }),
];
