import { z } from 'zod';
import { type Cell, urlOf } from '../cell/schema.ts';
import { airflowVersionOf } from '../runtime/versions.ts';
import { Subject } from '../subject.ts';
import type { DeploymentItem } from './entity.ts';
import { Executor } from './executors.ts';
import { cpuText, machineSizing, memoryText, SchedulerSize, schedulerSizing } from './sizes.ts';
import { deploymentStatus, deploymentStatuses } from './status.ts';

const WorkerQueueView = z.object({
  id: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
  astroMachine: z.string(),
  minWorkerCount: z.number(),
  maxWorkerCount: z.number(),
  workerConcurrency: z.number(),
  podCpu: z.string(),
  podMemory: z.string(),
});

/** A variable as the API answers it. */
export const EnvironmentVariableView = z.object({
  key: z.string(),
  isSecret: z.boolean(),
  value: z.string().optional(),
  updatedAt: z.string(),
});

/** A deployment as the API answers it: what is desired, what runs, and how much of what was asked for waits. */
export const Deployment = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  organizationId: z.string(),
  workspaceId: z.string(),
  workspaceName: z.string(),
  namespace: z.string(),
  status: z.enum(deploymentStatuses),
  statusReason: z.string().optional(),
  type: z.enum(['STANDARD', 'DEDICATED']),
  cloudProvider: z.string(),
  region: z.string(),
  clusterId: z.string().optional(),
  clusterName: z.string().optional(),
  astroRuntimeVersion: z.string(),
  runtimeVersion: z.string(),
  airflowVersion: z.string(),
  imageRepository: z.string(),
  imageTag: z.string(),
  imageVersion: z.string(),
  dagTarballVersion: z.string().optional(),
  desiredDagTarballVersion: z.string().optional(),
  executor: Executor,
  schedulerSize: SchedulerSize,
  schedulerCpu: z.string(),
  schedulerMemory: z.string(),
  schedulerReplicas: z.number(),
  webServerCpu: z.string(),
  webServerMemory: z.string(),
  webServerReplicas: z.number(),
  webServerUrl: z.string(),
  webServerIngressHostname: z.string(),
  webServerAirflowApiUrl: z.string(),
  apiUrl: z.string(),
  uiUrl: z.string(),
  workerQueues: z.array(WorkerQueueView),
  environmentVariables: z.array(EnvironmentVariableView),
  contactEmails: z.array(z.string()),
  isCicdEnforced: z.boolean(),
  isDagDeployEnabled: z.boolean(),
  isDevelopmentMode: z.boolean(),
  isHighAvailability: z.boolean(),
  defaultTaskPodCpu: z.string(),
  defaultTaskPodMemory: z.string(),
  resourceQuotaCpu: z.string(),
  resourceQuotaMemory: z.string(),
  effectiveWorkloadIdentity: z.string().optional(),
  /** The revision that runs; none until the first one does. */
  runningRevision: z.number().optional(),
  /** The operation that works on it. */
  runningOperation: z.number().optional(),
  /** Changes that were asked for and that no operation carries yet. */
  waitingIntents: z.number(),
  /** Services of workers that go: they end what they run, or empty a queue that was removed. */
  drainingComponents: z.array(z.string()),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type Deployment = z.infer<typeof Deployment>;

/** What a deployment's answer needs beside its item. */
export interface Surroundings {
  readonly cell: Cell;
  readonly workspaceName: string;
  readonly now: Date;
}

/** The deployment as the API answers it: what is desired, with the status of what runs. */
export function deploymentView(item: DeploymentItem, around: Surroundings): Deployment {
  const { desired, settings, namespace, workspaceId, deploymentId } = item;
  const { cell, workspaceName, now } = around;
  const sizing = schedulerSizing(desired.schedulerSize);
  const replicas = desired.isHighAvailability ? 2 : 1;
  const publicUrl = urlOf(cell.publicUrl, namespace);
  const airflowApiUrl = `${publicUrl}/api/v2`;
  const { workloadIdentity, ...shown } = settings;
  return {
    ...shown,
    id: deploymentId,
    name: item.name,
    organizationId: item.organizationId,
    workspaceId,
    workspaceName,
    namespace,
    ...deploymentStatus(item, now),
    ...(settings.type === 'DEDICATED' ? { clusterId: cell.id, clusterName: cell.name } : {}),
    astroRuntimeVersion: desired.runtimeVersion,
    runtimeVersion: desired.runtimeVersion,
    airflowVersion: airflowVersionOf(desired.runtimeVersion),
    imageRepository: cell.images.repository,
    imageTag: desired.runtimeVersion,
    imageVersion: desired.runtimeVersion,
    ...(item.runningBundleVersion === undefined ? {} : { dagTarballVersion: item.runningBundleVersion }),
    ...(desired.bundle === undefined ? {} : { desiredDagTarballVersion: desired.bundle.version }),
    executor: desired.executor,
    schedulerSize: desired.schedulerSize,
    schedulerCpu: cpuText(sizing.control.cpu),
    schedulerMemory: memoryText(sizing.control.memory),
    schedulerReplicas: replicas,
    webServerCpu: cpuText(sizing.api.cpu),
    webServerMemory: memoryText(sizing.api.memory),
    webServerReplicas: replicas,
    webServerUrl: publicUrl,
    webServerIngressHostname: new URL(publicUrl).host,
    webServerAirflowApiUrl: airflowApiUrl,
    apiUrl: airflowApiUrl,
    uiUrl: publicUrl,
    workerQueues: desired.workerQueues.map((queue) => {
      const { cpu, memory } = machineSizing(queue.astroMachine);
      return { ...queue, podCpu: cpuText(cpu), podMemory: memoryText(memory) };
    }),
    environmentVariables: desired.environmentVariables,
    isHighAvailability: desired.isHighAvailability,
    ...(workloadIdentity === undefined ? {} : { effectiveWorkloadIdentity: workloadIdentity }),
    ...(item.running === undefined ? {} : { runningRevision: item.running }),
    ...(item.operation === undefined ? {} : { runningOperation: item.operation.number }),
    waitingIntents: item.intentCount - item.carriedIntents,
    drainingComponents: item.draining,
    createdAt: item.createdAt,
    createdBy: item.createdBy,
    updatedAt: item.updatedAt,
    updatedBy: item.updatedBy,
  };
}
