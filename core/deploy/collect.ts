import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import { deleteUpload } from './upload.ts';
import { type DeployIds, VALID_SECONDS } from './upload-url.ts';

/** What was uploaded can be finalized for an hour after its URL has expired, and is deleted then. */
const COLLECTED_SECONDS = VALID_SECONDS + 3600;

/** Has a new deploy be due when nothing can be uploaded for it any more. */
export function dueOnceCollected(scope: Scope, deployId: string) {
  return dueAfter(scope, deployId, COLLECTED_SECONDS);
}

/**
 * Deletes what was uploaded for a deploy, once that is due: all of it when it was never finalized, and else what came
 * too late to go with its operation. Safe to repeat, and to break off.
 */
export async function advanceDeploy(
  scope: Scope,
  services: Services,
  { organizationId, deploymentId, deployId }: DeployIds,
): Promise<void> {
  const ids = { organizationId, deploymentId, deployId };
  const { deploy } = services.store(organizationId).entities;
  const { data } = await deploy.get(ids).go({ consistent: true });
  if (data?.dueAt === undefined || data.dueAt > timestamp(scope)) return;
  await deleteUpload(services, ids);
  await deploy.patch(ids).remove(['dueShard', 'dueAt']).go();
}
