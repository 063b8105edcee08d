import { z } from 'zod';
import { EmailAddress } from '../mail/address.ts';
import { Name } from '../name/schema.ts';
import { Subject } from '../subject.ts';
import { type OrganizationItem, organizationStatuses } from './entity.ts';
import { ProductPlan } from './plans.ts';

/** An organization as the API shows it. */
export const Organization = z.object({
  id: z.string(),
  name: z.string(),
  product: z.literal('HOSTED'),
  productPlans: z.array(
    z.object({
      productPlanId: z.string(),
      productPlanName: ProductPlan,
      astronomerProduct: z.literal('ASTRO'),
      organizationId: z.string(),
    }),
  ),
  status: z.enum(organizationStatuses),
  trialExpiresAt: z.string().optional(),
  billingEmail: z.string().optional(),
  isScimEnabled: z.boolean(),
  isBlockedEnableAiFeatures: z.boolean(),
  allowEnhancedSupportAccess: z.boolean(),
  hasAllowedIpAddressRanges: z.boolean(),
  shouldEnforceDedicatedClusters: z.boolean(),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type Organization = z.infer<typeof Organization>;

const NOT_OFFERED = 'is not offered; leave it out, or false';

export const UpdateOrganizationRequest = z.strictObject({
  name: Name,
  billingEmail: EmailAddress,
  isScimEnabled: z.literal(false, NOT_OFFERED),
  allowEnhancedSupportAccess: z.literal(false, NOT_OFFERED).optional(),
  hasAiFeaturesDisabled: z.boolean().optional(),
  shouldEnforceDedicatedClusters: z.literal(false, NOT_OFFERED).optional(),
});
export type UpdateOrganizationRequest = z.output<typeof UpdateOrganizationRequest>;

/** An item as the API shows it. */
export function organizationView(item: OrganizationItem): Organization {
  const { organizationId, productPlan } = item;
  return {
    id: organizationId,
    name: item.name,
    product: 'HOSTED',
    productPlans: [
      {
        productPlanId: productPlan,
        productPlanName: productPlan,
        astronomerProduct: 'ASTRO',
        organizationId,
      },
    ],
    status: item.status,
    trialExpiresAt: productPlan === 'TRIAL' ? item.trialExpiresAt : undefined,
    billingEmail: item.billingEmail,
    isScimEnabled: false,
    isBlockedEnableAiFeatures: true,
    allowEnhancedSupportAccess: false,
    hasAllowedIpAddressRanges: false,
    shouldEnforceDedicatedClusters: false,
    createdAt: item.createdAt,
    createdBy: item.createdBy,
    updatedAt: item.updatedAt,
    updatedBy: item.updatedBy,
  };
}
