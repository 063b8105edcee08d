import { invalid } from '../errors.ts';
import { limitsOf } from '../organization/plans.ts';
import { getOrganization } from '../organization/read.ts';
import type { Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { limitErrors } from './offer.ts';

/** Throws 400 with what of a spec goes past the limits of the organization's plan as it is now. */
export async function demandWithinLimits(
  services: Services,
  organizationId: string,
  spec: Spec,
): Promise<void> {
  const { productPlan } = await getOrganization(services, organizationId);
  const errors = limitErrors(spec, productPlan, limitsOf(productPlan));
  if (errors.length > 0) throw invalid(...errors);
}
