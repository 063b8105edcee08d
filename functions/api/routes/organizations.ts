import { z } from 'zod';
import { changeOrganization } from '../../../core/organization/change.ts';
import { AskedPlan, ProductPlan } from '../../../core/organization/plans.ts';
import { getOrganization, listOrganizations } from '../../../core/organization/read.ts';
import {
  Organization,
  organizationView,
  UpdateOrganizationRequest,
} from '../../../core/organization/schema.ts';
import { flag, pageOf, pageQuery, pageShape } from '../../../core/page.ts';
import { route } from '../route.ts';
import { inOrganization, nothing } from '../shapes.ts';

export const organizations = [
  route({
    operation: 'ListOrganizations',
    method: 'GET',
    path: '/v1/organizations',
    summary: 'The organizations that the caller is a member of',
    access: { kind: 'authenticated' },
    params: nothing,
    query: z.strictObject({
      ...pageQuery(['name', 'createdAt', 'updatedAt']),
      product: z.enum(['HOSTED', 'HYBRID']).optional(),
      productPlan: AskedPlan.optional(),
      astronomerProduct: z.literal('ASTRO').optional(),
    }),
    body: 'none',
    answer: z.object({ organizations: z.array(Organization), ...pageShape }),
    async handle(scope, { query }, services) {
      const views = (await listOrganizations(scope, services))
        .map(organizationView)
        .filter(
          ({ product, productPlans }) =>
            (query.product ?? product) === product &&
            (query.productPlan === undefined ||
              productPlans.some(({ productPlanName }) => productPlanName === query.productPlan)),
        );
      const { items, ...page } = pageOf(views, query);
      return { body: { organizations: items, ...page } };
    },
  }),
  route({
    operation: 'GetOrganization',
    method: 'GET',
    path: '/v1/organizations/{organizationId}',
    summary: 'An organization',
    access: { kind: 'permission', permission: 'organization.get' },
    params: inOrganization,
    query: z.strictObject({ isLookUpOnly: flag.optional() }),
    body: 'none',
    answer: Organization,
    handle: async (_scope, { params }, services) => ({
      body: organizationView(await getOrganization(services, params.organizationId)),
    }),
  }),
  route({
    operation: 'UpdateOrganization',
    method: 'POST',
    path: '/v1/organizations/{organizationId}',
    summary: 'Change the name and the billing address of an organization',
    access: { kind: 'permission', permission: 'organization.update' },
    params: inOrganization,
    query: nothing,
    body: UpdateOrganizationRequest,
    answer: Organization,
    async handle(scope, { params, body: { name, billingEmail } }, services) {
      const changes = { name, billingEmail };
      const changed = await changeOrganization(scope, services, params.organizationId, changes);
      return { body: organizationView(changed) };
    },
  }),
  route({
    operation: 'ChangeProductPlan',
    method: 'POST',
    path: '/v1alpha1/operator/organizations/{organizationId}',
    summary: "Put an organization on a plan, by the operator's token",
    access: { kind: 'operator' },
    params: inOrganization,
    query: nothing,
    body: z.strictObject({ productPlan: ProductPlan }),
    answer: Organization,
    handle: async (scope, { params, body }, services) => ({
      body: organizationView(await changeOrganization(scope, services, params.organizationId, body)),
    }),
  }),
];
