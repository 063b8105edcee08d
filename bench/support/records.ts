import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { DeploymentItem } from '../../core/deployment/entity.ts';
import { namespaceOf } from '../../core/deployment/namespace.ts';
import { newId, newOrderedId } from '../../core/id.ts';
import { comparable } from '../../core/name/schema.ts';
import { nextRevision } from '../../core/operation/begin.ts';
import { plan } from '../../core/operation/plan.ts';
import type { Revision } from '../../core/revision/schema.ts';
import { dueShard } from '../../core/store/attributes.ts';
import type { Services } from '../../functions/services.ts';
import { operationOf, written } from '../../test/support/history.ts';

const BatchWrite = z.object({
  RequestItems: z.object({
    windsock: z.array(z.object({ PutRequest: z.object({ Item: z.record(z.string(), z.unknown()) }) })),
  }),
});

/** So many deployments of which nothing runs, made after one that is there: each at rest, its create ended. */
export function recordsLike(sample: DeploymentItem, count: number): DeploymentItem[] {
  const { dueAt: _due, dueShard: _shard, operation: _operation, failure: _failure, ...kept } = sample;
  return Array.from({ length: count }, () => {
    const deploymentId = newOrderedId(new Date());
    return {
      ...kept,
      deploymentId,
      name: `Record ${deploymentId}`,
      namespace: namespaceOf(deploymentId),
      running: 1,
      operationCount: 1,
      revisionCount: 1,
      intentCount: 1,
      carriedIntents: 1,
    };
  });
}

/** Writes deployments of one organization, with what the table has beside each: name, intent, operation, revision. */
export async function writeRecords(services: Services, records: readonly DeploymentItem[]): Promise<void> {
  for (const [organizationId, items] of Map.groupBy(records, (record) => record.organizationId)) {
    const { name, intent, operation, revision } = services.store(organizationId).entities;
    await writeAtRest(services, organizationId, items);
    await written(
      name.put(
        items.map((item) => ({
          organizationId,
          parentId: item.workspaceId,
          name: comparable(item.name),
          ownerId: item.deploymentId,
        })),
      ),
    );
    await written(
      intent.put(
        items.map(({ deploymentId, desired, createdAt, createdBy }) => ({
          organizationId,
          deploymentId,
          number: 1,
          intent: { kind: 'create' as const, spec: desired },
          createdAt,
          createdBy,
        })),
      ),
    );
    const planned = (item: DeploymentItem) => plan(undefined, firstRevision(item));
    await written(operation.put(items.map((item) => operationOf(item, 1, planned(item)))));
    await written(
      revision.put(
        items.map((item) => ({
          organizationId,
          deploymentId: item.deploymentId,
          operation: 1,
          createdAt: item.createdAt,
          ...firstRevision(item),
        })),
      ),
    );
  }
}

function firstRevision({ desired }: DeploymentItem): Revision {
  return nextRevision({ desired, revisionCount: 0 }, undefined);
}

/** ElectroDB puts no item without the keys of `due`, as an update can leave it: they are taken out of its requests. */
async function writeAtRest(
  services: Services,
  organizationId: string,
  items: readonly DeploymentItem[],
): Promise<void> {
  const due = items.map((item) => dueFrom(item, new Date()));
  const requests = services.store(organizationId).entities.deployment.put(due).params();
  for (const { RequestItems } of z.array(BatchWrite).parse(JSON.parse(JSON.stringify(requests)))) {
    for (const { PutRequest } of RequestItems.windsock) {
      for (const key of ['dueAt', 'dueShard', 'duePk', 'dueSk']) delete PutRequest.Item[key];
    }
    const { UnprocessedItems = {} } = await services.database.send(new BatchWriteCommand({ RequestItems }));
    const unprocessed = Object.values(UnprocessedItems).flat().length;
    if (unprocessed > 0) throw new Error(`DynamoDB left ${unprocessed} items unwritten`);
  }
}

/** Makes deployments due, although there is nothing to do: the clock finds that of each and puts it to rest. */
export async function makeDue(
  services: Services,
  records: readonly DeploymentItem[],
  now: Date,
): Promise<void> {
  for (const [organizationId, items] of Map.groupBy(records, (record) => record.organizationId)) {
    const due = items.map((item) => dueFrom(item, now));
    await written(services.store(organizationId).entities.deployment.put(due));
  }
}

/** Gives an organization so many members, teams and API tokens: copies of the one that it has of each. */
export async function writeCrowd(services: Services, organizationId: string, count: number): Promise<void> {
  const { apiToken, member, team } = services.store(organizationId).entities;
  const ofAll = { organizationId };
  const [members, teams, tokens] = await Promise.all([
    member.query.primary(ofAll).go(),
    team.query.primary(ofAll).go(),
    apiToken.query.primary(ofAll).go(),
  ]);
  const copies = <T extends object>([one]: readonly T[], copy: (item: T, id: string) => T) => {
    if (one === undefined) throw new Error('There is none to copy');
    return Array.from({ length: count - 1 }, () => copy(one, newId()));
  };
  await written(
    member.put(
      copies(members.data, (item, userId) => ({ ...item, userId, username: `${userId}@example.com` })),
    ),
  );
  await written(team.put(copies(teams.data, (item, teamId) => ({ ...item, teamId, name: teamId }))));
  await written(apiToken.put(copies(tokens.data, (item, tokenId) => ({ ...item, tokenId, name: tokenId }))));
}

function dueFrom(item: DeploymentItem, now: Date): DeploymentItem {
  return { ...item, dueAt: now.toISOString(), dueShard: dueShard(item.deploymentId) };
}
