import { outOfMemoryReason } from '../out-of-memory/reason.ts';
import type { OutOfMemory } from '../out-of-memory/schema.ts';

/** A deployment's statuses, as the API's reference names them. */
export const deploymentStatuses = [
  'CREATING',
  'DEPLOYING',
  'HEALTHY',
  'UNHEALTHY',
  'HIBERNATING',
  'UNKNOWN',
] as const;
export type DeploymentStatus = (typeof deploymentStatuses)[number];

/** What of a deployment's item its status follows from. */
interface Situation {
  readonly running?: number | undefined;
  readonly operation?: object | undefined;
  readonly intentCount: number;
  readonly carriedIntents: number;
  readonly isDeleting: boolean;
  readonly failure?: string | undefined;
  readonly isUnhealthy?: boolean | undefined;
  readonly outOfMemory?: readonly OutOfMemory[] | undefined;
}

/**
 * The status of a deployment, and why: CREATING until its first revision runs, DEPLOYING while any later change is
 * carried out or waits, UNHEALTHY when nothing could be made to run, or what ran before a failed change is not healthy
 * after it. A failed change that was put back leaves it HEALTHY, with the reason; so does what ran out of memory lately.
 */
export function deploymentStatus(
  situation: Situation,
  now: Date,
): { status: DeploymentStatus; statusReason?: string } {
  const {
    running,
    operation,
    intentCount,
    carriedIntents,
    isDeleting,
    failure,
    isUnhealthy = false,
    outOfMemory = [],
  } = situation;
  const reasons = [failure, outOfMemoryReason(outOfMemory, now)].filter((reason) => reason !== undefined);
  const reason = reasons.length === 0 ? {} : { statusReason: reasons.join(' ') };
  if (isDeleting) return { status: 'DEPLOYING', statusReason: failure ?? 'The deployment is being deleted.' };
  if (operation !== undefined || intentCount > carriedIntents) {
    return { status: running === undefined ? 'CREATING' : 'DEPLOYING', ...reason };
  }
  if (running === undefined || isUnhealthy) return { status: 'UNHEALTHY', ...reason };
  return { status: 'HEALTHY', ...reason };
}
