import { z } from 'zod';
import type { FieldError } from '../errors.ts';

/** The product plans an organization may be on. */
export const ProductPlan = z.enum(['TRIAL', 'DEVELOPER', 'TEAM', 'BUSINESS', 'ENTERPRISE', 'INACTIVE']);
export type ProductPlan = z.infer<typeof ProductPlan>;

/** Plans that organizations may be looked for by: those of the reference, on some of which nobody is here. */
export const AskedPlan = z.enum([
  ...ProductPlan.options,
  'BASIC',
  'STANDARD',
  'PREMIUM',
  'BUSINESS_CRITICAL',
]);

/** A trial's days, as the reference service's terms have it. */
export const TRIAL_DAYS = 14;

/** What a plan allows. `Infinity` is no limit. */
export interface PlanLimits {
  readonly workspaces: number;
  readonly deployments: number;
  readonly workersPerQueue: number;
  readonly machines: readonly string[];
  readonly schedulerSizes: readonly string[];
  readonly highAvailability: boolean;
}

const UNLIMITED: PlanLimits = {
  workspaces: Number.POSITIVE_INFINITY,
  deployments: Number.POSITIVE_INFINITY,
  workersPerQueue: Number.POSITIVE_INFINITY,
  machines: ['A5', 'A10', 'A20', 'A40'],
  schedulerSizes: ['SMALL', 'MEDIUM', 'LARGE', 'EXTRA_LARGE'],
  highAvailability: true,
};

const limits: Readonly<Record<ProductPlan, PlanLimits>> = {
  TRIAL: {
    workspaces: 1,
    deployments: 1,
    workersPerQueue: 5,
    machines: ['A5', 'A10', 'A20'],
    schedulerSizes: ['SMALL'],
    highAvailability: false,
  },
  DEVELOPER: UNLIMITED,
  TEAM: UNLIMITED,
  BUSINESS: UNLIMITED,
  ENTERPRISE: UNLIMITED,
  INACTIVE: { ...UNLIMITED, workspaces: 0, deployments: 0 },
};

/** What an organization on this plan may have. */
export function limitsOf(plan: ProductPlan): PlanLimits {
  return limits[plan];
}

/** The error of a request that goes past a limit of the plan: it names the field, the limit and the way out. */
export function pastLimit(plan: ProductPlan, field: string, limit: string): FieldError {
  return {
    field,
    code: 'plan_limit',
    message: `The ${plan} plan allows ${limit}. Change the organization's plan to have more.`,
  };
}
