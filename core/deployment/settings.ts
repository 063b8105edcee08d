import { z } from 'zod';

/**
 * What a deployment is told beside its spec: kept and shown as it was asked for. Changing it takes no operation.
 */
export const DeploymentSettings = z.strictObject({
  description: z.string().optional(),
  type: z.enum(['STANDARD', 'DEDICATED']),
  cloudProvider: z.enum(['AWS', 'AZURE', 'GCP']),
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
