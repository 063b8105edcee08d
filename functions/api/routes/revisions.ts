import { z } from 'zod';
import { getDeployment } from '../../../core/deployment/read.ts';
import { viewDeployment } from '../../../core/deployment/show.ts';
import { Deployment } from '../../../core/deployment/view.ts';
import { notFound } from '../../../core/errors.ts';
import { pageQuery, pageShape } from '../../../core/page.ts';
import { getRevision, revisionPage } from '../../../core/revision/read.ts';
import { planRollBack, rollBack } from '../../../core/revision/rollback.ts';
import { RevisionView, revisionView } from '../../../core/revision/view.ts';
import { route } from '../route.ts';
import { inDeployment, nothing } from '../shapes.ts';

const inRevision = inDeployment.extend({ revision: z.string() });

/** The number in a path, or 404: no revision has another name. */
function numberOf(revision: string): number {
  if (!/^[1-9]\d{0,5}$/.test(revision)) throw notFound('revision', revision);
  return Number(revision);
}

export const revisions = [
  route({
    operation: 'ListRevisions',
    method: 'GET',
    path: '/v1alpha1/organizations/{organizationId}/deployments/{deploymentId}/revisions',
    summary: 'The revisions of a deployment: everything that it ran, and whether it runs it',
    access: { kind: 'permission', permission: 'deployment.get' },
    params: inDeployment,
    query: z.strictObject({ ...pageQuery(['createdAt', 'number']) }),
    body: 'none',
    answer: z.object({ revisions: z.array(RevisionView), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const deployment = await getDeployment(services, params);
      const { items, ...page } = await revisionPage(services, deployment, query);
      return { body: { revisions: items.map((item) => revisionView(item, deployment)), ...page } };
    },
  }),
  route({
    operation: 'GetRevision',
    method: 'GET',
    path: '/v1alpha1/organizations/{organizationId}/deployments/{deploymentId}/revisions/{revision}',
    summary: 'A revision of a deployment',
    access: { kind: 'permission', permission: 'deployment.get' },
    params: inRevision,
    query: nothing,
    body: 'none',
    answer: RevisionView,
    async handle(_scope, { params }, services) {
      const deployment = await getDeployment(services, params);
      return {
        body: revisionView(await getRevision(services, params, numberOf(params.revision)), deployment),
      };
    },
  }),
  route({
    operation: 'RollBackRevision',
    method: 'POST',
    path: '/v1alpha1/organizations/{organizationId}/deployments/{deploymentId}/revisions/{revision}/rollback',
    summary: 'Run everything again that a revision ran: code, image, variables, queues and sizes',
    access: { kind: 'permission', permission: 'deployment.update' },
    params: inRevision,
    query: nothing,
    body: nothing,
    answer: Deployment,
    handle: async (scope, { params }, services) => ({
      body: await viewDeployment(
        scope,
        services,
        await rollBack(scope, services, params, numberOf(params.revision)),
      ),
    }),
    plan: (scope, { params }, services) => planRollBack(scope, services, params, numberOf(params.revision)),
  }),
];
