import type { Cell } from '../cell/schema.ts';
import type { FieldError } from '../errors.ts';
import { type PlanLimits, type ProductPlan, pastLimit } from '../organization/plans.ts';
import type { Spec } from '../revision/schema.ts';
import { findRuntimeVersion, runtimeVersions } from '../runtime/versions.ts';
import { executorsOf } from './executors.ts';
import type { UpdateDeploymentRequest } from './request.ts';

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

/** What of a spec goes past the limits of the organization's plan. */
export function limitErrors(spec: Spec, plan: ProductPlan, limits: PlanLimits): FieldError[] {
  const errors: FieldError[] = [];
  if (!limits.schedulerSizes.includes(spec.schedulerSize)) {
    errors.push(pastLimit(plan, 'schedulerSize', `the sizes ${limits.schedulerSizes.join(', ')}`));
  }
  if (spec.isHighAvailability && !limits.highAvailability) {
    errors.push(pastLimit(plan, 'isHighAvailability', 'no high availability'));
  }
  for (const [index, { maxWorkerCount, astroMachine }] of spec.workerQueues.entries()) {
    const field = `workerQueues[${index}]`;
    if (maxWorkerCount > limits.workersPerQueue) {
      errors.push(
        pastLimit(plan, `${field}.maxWorkerCount`, `at most ${limits.workersPerQueue} workers a queue`),
      );
    }
    if (!limits.machines.includes(astroMachine)) {
      errors.push(pastLimit(plan, `${field}.astroMachine`, `the machines ${limits.machines.join(', ')}`));
    }
  }
  return errors;
}
