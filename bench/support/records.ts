import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { DeploymentItem } from '../../core/deployment/entity.ts';
import { namespaceOf } from '../../core/deployment/namespace.ts';
import { newOrderedId } from '../../core/id.ts';
import { comparable } from '../../core/name/schema.ts';
import { nextRevision } from '../../core/operation/begin.ts';
import type { OperationItem } from '../../core/operation/entity.ts';
import { plan } from '../../core/operation/plan.ts';
import { dueShard } from '../../core/store/attributes.ts';
import type { Services } from '../../functions/services.ts';

const BatchWrite = z.object({
  RequestItems: z.object({
    windsock: z.array(z.object({ PutRequest: z.object({ Item: z.record(z.string(), z.unknown()) }) })),
  }),
});

const STEPS = ['Prepare', 'AwaitDatabase', 'Roll', 'AwaitStable', 'Publish', 'Finish'];

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
    await written(operation.put(items.map((item) => operationOf(item, 1))));
    await written(
      revision.put(
        items.map(({ deploymentId, desired, createdAt }) => ({
          organizationId,
          deploymentId,
          operation: 1,
          createdAt,
          ...nextRevision({ desired, revisionCount: 0 }, undefined),
        })),
      ),
    );
  }
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

/** Gives a deployment operations up to this number, as if it had been created again and again. */
export async function writeOperations(services: Services, item: DeploymentItem, last: number): Promise<void> {
  const operations = Array.from({ length: last }, (_, index) => operationOf(item, index + 1));
  await written(services.store(item.organizationId).entities.operation.put(operations));
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

function dueFrom(item: DeploymentItem, now: Date): DeploymentItem {
  return { ...item, dueAt: now.toISOString(), dueShard: dueShard(item.deploymentId) };
}

function operationOf(item: DeploymentItem, number: number): OperationItem {
  const { organizationId, deploymentId, desired, version, createdAt, createdBy, updatedAt, updatedBy } = item;
  return {
    organizationId,
    deploymentId,
    number,
    kind: 'create',
    status: 'SUCCEEDED',
    plan: plan(undefined, nextRevision({ desired, revisionCount: 0 }, undefined)),
    toRevision: 1,
    firstIntent: number,
    lastIntent: number,
    attempt: 1,
    steps: STEPS.map((name) => ({ name, startedAt: createdAt, endedAt: createdAt })),
    endedAt: createdAt,
    version,
    createdAt,
    createdBy,
    updatedAt,
    updatedBy,
    requestId: item.requestId,
  };
}

/** A batch is cut into requests of 25 items, eight at once. */
async function written(batch: {
  go(options: { concurrency: number }): Promise<{ unprocessed: readonly unknown[] }>;
}): Promise<void> {
  const { unprocessed } = await batch.go({ concurrency: 8 });
  if (unprocessed.length > 0) throw new Error(`DynamoDB left ${unprocessed.length} items unwritten`);
}
