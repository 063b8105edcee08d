import { invalid } from '../errors.ts';
import { limitsOf } from '../organization/plans.ts';
import { getOrganization } from '../organization/read.ts';
import type { Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import type { DeploymentItem } from './entity.ts';
import { limitErrors } from './offer.ts';

/**
 * Throws 400 with what a deployment would have by this spec past the limits of the organization's plan as it is now, and
 * further past them than what it is to run already.
 */
export async function demandWithinLimits(
  services: Services,
  { organizationId, desired }: Pick<DeploymentItem, 'organizationId' | 'desired'>,
  spec: Spec,
): Promise<void> {
  const { productPlan } = await getOrganization(services, organizationId);
  const errors = limitErrors(spec, productPlan, limitsOf(productPlan), desired);
  if (errors.length > 0) throw invalid(...errors);
}
