import { z } from 'zod';
import { CloudProvider } from '../../../core/cell/place.ts';
import { Cluster, ClusterOptions, clusterOptionsView, clusterView } from '../../../core/cell/view.ts';
import { executorsOf } from '../../../core/deployment/executors.ts';
import { offerErrors } from '../../../core/deployment/offer.ts';
import { DeploymentOptions, deploymentOptions } from '../../../core/deployment/options.ts';
import { type FieldError, invalid, notFound } from '../../../core/errors.ts';
import { GivenId } from '../../../core/id.ts';
import { getOrganization } from '../../../core/organization/read.ts';
import { many, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { authorize } from '../../../core/permission/authorize.ts';
import { targetOf } from '../../../core/permission/filter.ts';
import { route } from '../route.ts';
import { inOrganization, nothing } from '../shapes.ts';

const access = { kind: 'permission', permission: 'cluster.get' } as const;

/** An error of what a deployment would be, with the name that the query has for it. */
function asAsked({ field, ...error }: FieldError): FieldError {
  return { ...error, field: field === 'type' ? 'deploymentType' : field };
}

export const options = [
  route({
    operation: 'GetDeploymentOptions',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/deployment-options',
    summary:
      "What deployments may be made of, within the organization's plan: all of them, or those of an executor",
    access,
    params: inOrganization,
    query: z.strictObject({
      deploymentId: GivenId.optional(),
      deploymentType: z.enum(['STANDARD', 'DEDICATED', 'HYBRID']).optional(),
      executor: z.enum(['ASTRO', 'CELERY', 'KUBERNETES']).optional(),
      cloudProvider: CloudProvider.optional(),
    }),
    body: 'none',
    answer: DeploymentOptions,
    async handle(scope, { params: { organizationId }, query }, services) {
      const { CELL } = services.environment;
      const { deploymentId, deploymentType: type, executor } = query;
      const errors = offerErrors({ type, executor }, CELL);
      if (errors.length > 0) throw invalid(...errors.map(asAsked));
      if (deploymentId !== undefined) {
        authorize(scope, 'deployment.get', await targetOf(services, organizationId, { deploymentId }));
      }
      const { productPlan } = await getOrganization(services, organizationId);
      const executors = executorsOf(CELL).filter((offered) => offered === (executor ?? offered));
      return { body: deploymentOptions(productPlan, executors) };
    },
  }),
  route({
    operation: 'GetClusterOptions',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/cluster-options',
    summary: 'The regions that deployments may be in',
    access,
    params: inOrganization,
    query: z.strictObject({ provider: CloudProvider.optional(), type: z.enum(['DEDICATED', 'HYBRID']) }),
    body: 'none',
    answer: z.array(ClusterOptions),
    async handle(_scope, { query }, { environment }) {
      const providers = query.provider === undefined ? CloudProvider.options : [query.provider];
      return { body: providers.map((provider) => clusterOptionsView(environment.CELL, provider)) };
    },
  }),
  route({
    operation: 'ListClusters',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/clusters',
    summary: 'The clusters that the organization may use',
    access,
    params: inOrganization,
    query: z.strictObject({
      ...pageQuery(['name', 'createdAt', 'updatedAt']),
      names: many(z.string()),
      provider: CloudProvider.optional(),
    }),
    body: 'none',
    answer: z.object({ clusters: z.array(Cluster), ...pageShape }),
    async handle(_scope, { params, query }, services) {
      const organization = await getOrganization(services, params.organizationId);
      const views = [clusterView(services.environment.CELL, organization)].filter(
        ({ name, cloudProvider }) =>
          (query.names.length === 0 || query.names.includes(name)) &&
          (query.provider === undefined || query.provider === cloudProvider),
      );
      const { items, ...page } = pageOf(views, query);
      return { body: { clusters: items, ...page } };
    },
  }),
  route({
    operation: 'GetCluster',
    method: 'GET',
    path: '/v1/organizations/{organizationId}/clusters/{clusterId}',
    summary: 'A cluster',
    access,
    params: inOrganization.extend({ clusterId: z.string() }),
    query: nothing,
    body: 'none',
    answer: Cluster,
    async handle(_scope, { params }, services) {
      const { CELL } = services.environment;
      if (params.clusterId !== CELL.id) throw notFound('cluster', params.clusterId);
      return { body: clusterView(CELL, await getOrganization(services, params.organizationId)) };
    },
  }),
];
