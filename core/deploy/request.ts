import { z } from 'zod';
import { GivenGit } from './git.ts';

const Description = z.string().max(500);

export const CreateDeployRequest = z.strictObject({
  type: z.enum(['IMAGE_AND_DAG', 'IMAGE_ONLY', 'DAG_ONLY', 'BUNDLE']),
  description: Description.optional(),
  git: GivenGit.optional(),
  bundleMountPath: z.string().optional(),
  bundleType: z.string().optional(),
});
export type CreateDeployRequest = z.infer<typeof CreateDeployRequest>;

export const UpdateDeployRequest = z.strictObject({ description: Description.optional() });
export type UpdateDeployRequest = z.infer<typeof UpdateDeployRequest>;

export const RollBackDeployRequest = z.strictObject({ description: Description.optional() });
export type RollBackDeployRequest = z.infer<typeof RollBackDeployRequest>;

export const FinalizeDeployRequest = z.strictObject({
  dagTarballVersion: z.string().min(1).max(100),
  bundleTarballVersion: z.string().optional(),
});
export type FinalizeDeployRequest = z.infer<typeof FinalizeDeployRequest>;
