import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { notFound } from '../errors.ts';
import { numbersOf, type PageQuery } from '../page.ts';
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

/** The asked part of a deployment's revisions, the newest first unless told; no others are read. */
export async function revisionPage(
  services: Services,
  { organizationId, deploymentId, revisionCount: totalCount }: DeploymentItem,
  query: PageQuery,
) {
  const { first, last, order } = numbersOf(totalCount, query);
  const page = { totalCount, offset: query.offset, limit: query.limit };
  if (first > last) return { ...page, items: [] };
  const { data: items } = await services
    .store(organizationId)
    .entities.revision.query.primary({ organizationId, deploymentId })
    .between({ number: first }, { number: last })
    .go({ pages: 'all', consistent: true, order });
  return { ...page, items };
}

/** A revision as far as it is there. */
export async function readRevision(
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
