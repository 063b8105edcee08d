import type { Cell } from '../cell/schema.ts';
import type { FieldError } from '../errors.ts';
import { type PlanLimits, type ProductPlan, pastLimit } from '../organization/plans.ts';
import type { Spec } from '../revision/schema.ts';
import { findRuntimeVersion, runtimeVersions } from '../runtime/versions.ts';
import { executorsOf } from './executors.ts';
import type { UpdateDeploymentRequest } from './request.ts';
import { Machine, SchedulerSize } from './sizes.ts';

/** What of a request, of either kind, may ask for something that the platform does not offer. */
type Asked = Pick<
  UpdateDeploymentRequest,
  | 'type'
  | 'executor'
  | 'astroRuntimeVersion'
  | 'isDevelopmentMode'
  | 'isHighAvailability'
  | 'scalingSpec'
  | 'remoteExecution'
  | 'drWorkloadIdentity'
>;

/** What of a request asks for something that the platform, or the deployment's cell, does not offer. */
export function offerErrors(request: Asked, cell: Cell): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (field: string, message: string) => errors.push({ field, code: 'not_offered', message });
  if (request.type === 'HYBRID') refuse('type', 'must be STANDARD or DEDICATED');
  const executors = executorsOf(cell);
  if (request.executor && !executors.some((executor) => executor === request.executor)) {
    refuse('executor', `${request.executor} is not offered; there are ${executors.join(', ')}`);
  }
  const version = request.astroRuntimeVersion;
  if (version && findRuntimeVersion(version) === undefined) {
    const known = runtimeVersions.map((runtime) => runtime.version).join(', ');
    refuse('astroRuntimeVersion', `there is no runtime version ${version}; there are ${known}`);
  }
  if (request.isDevelopmentMode && request.isHighAvailability) {
    refuse('isHighAvailability', 'a deployment in development mode cannot be highly available');
  }
  if (request.scalingSpec) refuse('scalingSpec', 'hibernation is not offered yet; leave it out');
  if (request.drWorkloadIdentity) refuse('drWorkloadIdentity', 'is not offered; leave it out');
  if (request.remoteExecution?.enabled) refuse('remoteExecution', 'is not offered; leave it out');
  return errors;
}

/**
 * What of a spec goes past the limits of the organization's plan; of a change, further past them than what is there:
 * an organization whose plan allows less than before keeps what it has, and may have less of it.
 */
export function limitErrors(
  spec: Spec,
  plan: ProductPlan,
  limits: PlanLimits,
  present?: Spec | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const { schedulerSize, isHighAvailability, workerQueues } = spec;
  const refuse = (field: string, limit: string) => errors.push(pastLimit(plan, field, limit));
  if (
    !limits.schedulerSizes.includes(schedulerSize) &&
    isLarger(SchedulerSize.options, schedulerSize, present?.schedulerSize)
  ) {
    refuse('schedulerSize', `the sizes ${limits.schedulerSizes.join(', ')}`);
  }
  if (isHighAvailability && !limits.highAvailability && !present?.isHighAvailability) {
    refuse('isHighAvailability', 'no high availability');
  }
  for (const [index, { id, maxWorkerCount, astroMachine }] of workerQueues.entries()) {
    const field = `workerQueues[${index}]`;
    const queue = present?.workerQueues.find((other) => other.id === id);
    if (maxWorkerCount > Math.max(limits.workersPerQueue, queue?.maxWorkerCount ?? 0)) {
      refuse(`${field}.maxWorkerCount`, `at most ${limits.workersPerQueue} workers a queue`);
    }
    if (
      !limits.machines.includes(astroMachine) &&
      isLarger(Machine.options, astroMachine, queue?.astroMachine)
    ) {
      refuse(`${field}.astroMachine`, `the machines ${limits.machines.join(', ')}`);
    }
  }
  return errors;
}

/** Whether one of the sizes, the smallest of which comes first, is larger than what is there, if anything is. */
function isLarger<T>(sizes: readonly T[], size: T, than: T | undefined): boolean {
  return than === undefined || sizes.indexOf(size) > sizes.indexOf(than);
}
