import { z } from 'zod';
import { CloudProvider } from '../cell/place.ts';
import { GivenId } from '../id.ts';
import { EmailAddress } from '../mail/address.ts';
import { Name } from '../name/schema.ts';
import { Cpu, Memory } from './quotas.ts';
import { Machine, SchedulerSize } from './sizes.ts';

/** A worker queue as a client asks for it. */
export const WorkerQueueRequest = z.strictObject({
  id: GivenId.optional(),
  name: z.string(),
  isDefault: z.boolean().optional(),
  astroMachine: Machine,
  minWorkerCount: z.number().int(),
  maxWorkerCount: z.number().int(),
  workerConcurrency: z.number().int(),
  podEphemeralStorage: z.string().nullish(),
});
export type WorkerQueueRequest = z.infer<typeof WorkerQueueRequest>;

/** A variable of the deployment's environment as a client gives it. */
export const EnvironmentVariableRequest = z.strictObject({
  key: z.string(),
  value: z.string().optional(),
  isSecret: z.boolean().default(false),
});
export type EnvironmentVariableRequest = z.infer<typeof EnvironmentVariableRequest>;

/** A list that may be left out, or be null, as clients in Go say it. */
function perhaps<T extends z.ZodType>(list: T) {
  return list
    .nullable()
    .transform((value) => value ?? undefined)
    .optional();
}

/** What the reference has and this platform does not: clients that do not ask for it say so, too. */
const notOffered = {
  scalingSpec: z.looseObject({}).nullish(),
  remoteExecution: z.looseObject({ enabled: z.boolean() }).nullish(),
  drWorkloadIdentity: z.string().nullish(),
};

/**
 * The body of CreateDeployment. It has the fields of the reference's standard and dedicated deployments; where the
 * platform offers less than the reference, the value is refused with what it does offer, not the field.
 */
export const CreateDeploymentRequest = z.strictObject({
  name: Name,
  workspaceId: GivenId,
  description: z.string().max(1000).optional(),
  type: z.enum(['STANDARD', 'DEDICATED', 'HYBRID']).optional(),
  astroRuntimeVersion: z.string().optional(),
  executor: z.enum(['ASTRO', 'CELERY', 'KUBERNETES']).optional(),
  schedulerSize: SchedulerSize.optional(),
  workerQueues: perhaps(z.array(WorkerQueueRequest).max(100)),
  environmentVariables: perhaps(z.array(EnvironmentVariableRequest).max(1000)),
  cloudProvider: CloudProvider.optional(),
  region: z.string().max(100).optional(),
  clusterId: GivenId.optional(),
  contactEmails: perhaps(z.array(EmailAddress).max(100)),
  isCicdEnforced: z.boolean().optional(),
  isDagDeployEnabled: z.boolean().optional(),
  isDevelopmentMode: z.boolean().optional(),
  isHighAvailability: z.boolean().optional(),
  defaultTaskPodCpu: Cpu.optional(),
  defaultTaskPodMemory: Memory.optional(),
  resourceQuotaCpu: Cpu.optional(),
  resourceQuotaMemory: Memory.optional(),
  workloadIdentity: z.string().max(500).optional(),
  ...notOffered,
});
export type CreateDeploymentRequest = z.infer<typeof CreateDeploymentRequest>;

/**
 * The body of UpdateDeployment: what it does not say stays as it is. The reference wants most of it said; a variable
 * without a value keeps its own, and one that is left out of the list is removed.
 */
export const UpdateDeploymentRequest = CreateDeploymentRequest.pick({
  description: true,
  type: true,
  astroRuntimeVersion: true,
  executor: true,
  schedulerSize: true,
  workerQueues: true,
  environmentVariables: true,
  contactEmails: true,
  isCicdEnforced: true,
  isDagDeployEnabled: true,
  isDevelopmentMode: true,
  isHighAvailability: true,
  defaultTaskPodCpu: true,
  defaultTaskPodMemory: true,
  resourceQuotaCpu: true,
  resourceQuotaMemory: true,
  workloadIdentity: true,
  scalingSpec: true,
  remoteExecution: true,
  drWorkloadIdentity: true,
}).extend({ name: Name.optional(), workspaceId: GivenId.optional() });
export type UpdateDeploymentRequest = z.infer<typeof UpdateDeploymentRequest>;
