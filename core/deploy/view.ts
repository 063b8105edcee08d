import { z } from 'zod';
import { airflowVersionOf } from '../runtime/versions.ts';
import type { Services } from '../services.ts';
import { Subject } from '../subject.ts';
import { type DeployItem, deployStatuses } from './entity.ts';
import { DeployGit } from './schema.ts';

/** A deploy as the API answers it. */
export const Deploy = z.object({
  id: z.string(),
  deploymentId: z.string(),
  type: z.literal('DAG_ONLY'),
  status: z.enum(deployStatuses),
  description: z.string().optional(),
  git: DeployGit.optional(),
  dagTarballVersion: z.string().optional(),
  /** The deploy whose code it delivers again. */
  rollbackFromId: z.string().optional(),
  /** Only in the answer that creates it. */
  dagsUploadUrl: z.string().optional(),
  isDagDeployEnabled: z.boolean(),
  imageRepository: z.string(),
  imageTag: z.string(),
  astroRuntimeVersion: z.string(),
  airflowVersion: z.string(),
  createdAt: z.string(),
  createdBySubject: Subject,
  updatedAt: z.string(),
  updatedBySubject: Subject,
});
export type Deploy = z.infer<typeof Deploy>;

export function deployView({ environment }: Services, item: DeployItem, dagsUploadUrl?: string): Deploy {
  const { deployId, createdBy, updatedBy, bundle, runtimeVersion, ...shown } = item;
  return {
    ...shown,
    id: deployId,
    ...(bundle === undefined ? {} : { dagTarballVersion: bundle.version }),
    ...(dagsUploadUrl === undefined ? {} : { dagsUploadUrl }),
    isDagDeployEnabled: true,
    imageRepository: environment.CELL.images.repository,
    imageTag: runtimeVersion,
    astroRuntimeVersion: runtimeVersion,
    airflowVersion: airflowVersionOf(runtimeVersion),
    createdBySubject: createdBy,
    updatedBySubject: updatedBy,
  };
}
