import { createHash } from 'node:crypto';
import { PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { storagePrefix } from '../component/names.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import { getDeployment } from '../deployment/read.ts';
import { planTo } from '../deployment/update.ts';
import { conflict, invalid } from '../errors.ts';
import { asking, demandNotDeleting, writesOf } from '../operation/ask.ts';
import type { Plan } from '../operation/plan.ts';
import type { Bundle } from '../revision/schema.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { demandPipeline } from './cicd.ts';
import type { DeployItem } from './entity.ts';
import { getDeploy } from './read.ts';
import type { FinalizeDeployRequest } from './request.ts';
import { checkTarball, UnsafeTarball } from './tarball.ts';
import { readUpload, wrongVersion } from './upload.ts';
import type { DeployIds } from './upload-url.ts';

/**
 * Delivers an uploaded version: checks its tarball, keeps it as a bundle by its SHA-256, and asks for it to be
 * deployed. Asked again with the same version it answers the deploy; with another one, 409.
 */
export async function finalizeDeploy(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  { dagTarballVersion: version }: FinalizeDeployRequest,
): Promise<DeployItem> {
  let bundle: Bundle | undefined;
  return await retryStale(async () => {
    const deploy = await getDeploy(services, ids);
    if (deploy.bundle?.version === version) return deploy;
    const deployment = await deliverable(scope, services, deploy);
    bundle ??= await storeBundle(services, ids, version);
    const asks = asking(scope, deployment, { kind: 'deploy', deployId: ids.deployId, bundle });
    const changed = { bundle, ...updated(scope, deploy.version) };
    const { organizationId } = ids;
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.deploy
          .patch(ids)
          .set(changed)
          .where((has, { eq }) => eq(has.version, deploy.version))
          .commit(),
        ...writesOf(entities, deployment, asks),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Deploy ${ids.deployId}`);
    return { ...deploy, ...changed };
  });
}

/** What delivering an uploaded version would do, without doing it. */
export async function planDeploy(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  { dagTarballVersion: version }: FinalizeDeployRequest,
): Promise<Plan> {
  const deployment = await deliverable(scope, services, await getDeploy(services, ids));
  const { bundle } = await readBundle(services, ids, version);
  return await planTo(services, deployment, { ...deployment.desired, bundle });
}

/** The deployment that a deploy may be delivered to by the scope's actor, once. */
async function deliverable(scope: Scope, services: Services, deploy: DeployItem): Promise<DeploymentItem> {
  const { bundle } = deploy;
  if (bundle !== undefined) {
    throw conflict(`This deploy delivered version ${bundle.version} already. Create another one.`);
  }
  const deployment = await getDeployment(services, deploy);
  demandPipeline(scope, deployment);
  demandNotDeleting(deployment);
  return deployment;
}

/** The uploaded version, checked, and the bundle that it is. */
async function readBundle(
  services: Services,
  ids: DeployIds,
  version: string,
): Promise<{ bytes: Uint8Array; bundle: Bundle }> {
  const bytes = await readUpload(services, ids, version);
  try {
    await checkTarball(bytes);
  } catch (error) {
    if (!(error instanceof UnsafeTarball)) throw error;
    throw invalid(wrongVersion(`this upload cannot be deployed: ${error.message}`));
  }
  return { bytes, bundle: { digest: createHash('sha256').update(bytes).digest('hex'), version } };
}

/** Keeps the upload under its digest; a bundle that is there stays. */
async function storeBundle(services: Services, ids: DeployIds, version: string): Promise<Bundle> {
  const { bytes, bundle } = await readBundle(services, ids, version);
  try {
    await services.objects.send(
      new PutObjectCommand({
        Bucket: services.environment.CELL.bucket,
        Key: `${storagePrefix(ids.organizationId, ids.deploymentId)}/bundles/${bundle.digest}.tar.gz`,
        Body: bytes,
        ContentType: 'application/gzip',
        IfNoneMatch: '*',
      }),
    );
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.name !== 'PreconditionFailed') throw error;
  }
  return bundle;
}
