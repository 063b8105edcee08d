import type { DeploymentIds } from '../deployment/entity.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import { Stale } from '../store/transact.ts';
import type { RevisionItem } from './entity.ts';

/** A revision of a deployment; it is there as long as the deployment is, which is `Stale` when it is being forgotten. */
export async function findRevision(
  services: Services,
  ids: DeploymentIds,
  number: number,
): Promise<RevisionItem> {
  const revision = await readRevision(services, ids, number);
  if (revision === undefined) throw new Stale(`Revision ${number} of deployment ${ids.deploymentId}`);
  return revision;
}

/** A revision that somebody asks for by its number, or 404. */
export async function getRevision(
  services: Services,
  ids: DeploymentIds,
  number: number,
): Promise<RevisionItem> {
  const revision = await readRevision(services, ids, number);
  if (revision === undefined) throw notFound('revision', String(number));
  return revision;
}

/** A deployment's revisions, the newest first. */
export async function listRevisions(services: Services, ids: DeploymentIds): Promise<RevisionItem[]> {
  const { organizationId, deploymentId } = ids;
  const { data } = await services
    .store(organizationId)
    .entities.revision.query.primary({ organizationId, deploymentId })
    .go({ pages: 'all', consistent: true, order: 'desc' });
  return data;
}

async function readRevision(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
  number: number,
): Promise<RevisionItem | undefined> {
  const { data } = await services
    .store(organizationId)
    .entities.revision.get({ organizationId, deploymentId, number })
    .go({ consistent: true });
  return data ?? undefined;
}
