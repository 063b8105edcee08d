import { z } from 'zod';
import { CloudProvider, type Place } from '../cell/place.ts';
import type { WorkspaceItem } from '../workspace/entity.ts';
import { DEFAULT_QUOTAS } from './quotas.ts';
import type { CreateDeploymentRequest, UpdateDeploymentRequest } from './request.ts';

/**
 * What a deployment is told beside its spec: kept and shown as it was asked for. Changing it takes no operation.
 */
export const DeploymentSettings = z.strictObject({
  description: z.string().optional(),
  type: z.enum(['STANDARD', 'DEDICATED']),
  cloudProvider: CloudProvider,
  region: z.string(),
  contactEmails: z.array(z.string()),
  isCicdEnforced: z.boolean(),
  isDagDeployEnabled: z.boolean(),
  isDevelopmentMode: z.boolean(),
  defaultTaskPodCpu: z.string(),
  defaultTaskPodMemory: z.string(),
  resourceQuotaCpu: z.string(),
  resourceQuotaMemory: z.string(),
  workloadIdentity: z.string().optional(),
});
export type DeploymentSettings = z.infer<typeof DeploymentSettings>;

/** What a new deployment is told, in the one region that there is; a cluster is of no provider that anybody chose. */
export function newSettings(
  request: CreateDeploymentRequest,
  { cloudProvider, clusterId }: Place,
  { region, cicdEnforcedDefault }: Pick<WorkspaceItem, 'cicdEnforcedDefault'> & { region: string },
): DeploymentSettings {
  const type = request.type ?? (clusterId ? 'DEDICATED' : 'STANDARD');
  return {
    ...(request.description ? { description: request.description } : {}),
    type: type === 'DEDICATED' ? 'DEDICATED' : 'STANDARD',
    cloudProvider: (clusterId ? undefined : cloudProvider) ?? 'AWS',
    region,
    contactEmails: request.contactEmails ?? [],
    isCicdEnforced: request.isCicdEnforced ?? cicdEnforcedDefault,
    isDagDeployEnabled: request.isDagDeployEnabled ?? true,
    isDevelopmentMode: request.isDevelopmentMode ?? false,
    defaultTaskPodCpu: request.defaultTaskPodCpu ?? DEFAULT_QUOTAS.defaultTaskPodCpu,
    defaultTaskPodMemory: request.defaultTaskPodMemory ?? DEFAULT_QUOTAS.defaultTaskPodMemory,
    resourceQuotaCpu: request.resourceQuotaCpu ?? DEFAULT_QUOTAS.resourceQuotaCpu,
    resourceQuotaMemory: request.resourceQuotaMemory ?? DEFAULT_QUOTAS.resourceQuotaMemory,
    ...(request.workloadIdentity ? { workloadIdentity: request.workloadIdentity } : {}),
  };
}

/** What of it an update says. */
export function changedSettings(request: UpdateDeploymentRequest): Partial<DeploymentSettings> {
  const { description, contactEmails, isCicdEnforced, isDagDeployEnabled, isDevelopmentMode } = request;
  const { defaultTaskPodCpu, defaultTaskPodMemory, resourceQuotaCpu, resourceQuotaMemory } = request;
  const { workloadIdentity } = request;
  const told = {
    description,
    contactEmails,
    isCicdEnforced,
    isDagDeployEnabled,
    isDevelopmentMode,
    defaultTaskPodCpu,
    defaultTaskPodMemory,
    resourceQuotaCpu,
    resourceQuotaMemory,
    workloadIdentity,
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}
