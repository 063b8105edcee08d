import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { DeployItem } from './entity.ts';
import { getDeploy } from './read.ts';
import type { UpdateDeployRequest } from './request.ts';
import type { DeployIds } from './upload-url.ts';

/** Changes a deploy's description. */
export async function updateDeploy(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  { description = '' }: UpdateDeployRequest,
): Promise<DeployItem> {
  return await retryStale(async () => {
    const deploy = await getDeploy(services, ids);
    const changed = { description, ...updated(scope, deploy.version) };
    const rejected = await refused(
      services.store(ids.organizationId).transaction.write((entities) => [
        entities.deploy
          .patch(ids)
          .set(changed)
          .where(({ version }, { eq }) => eq(version, deploy.version))
          .commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Deploy ${ids.deployId}`);
    return { ...deploy, ...changed };
  });
}
