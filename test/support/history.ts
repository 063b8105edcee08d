import type { DeploymentIds, DeploymentItem } from '../../core/deployment/entity.ts';
import { newId } from '../../core/id.ts';
import type { OperationItem } from '../../core/operation/entity.ts';
import { type Plan, plan } from '../../core/operation/plan.ts';
import type { Revision } from '../../core/revision/schema.ts';
import { dueShard } from '../../core/store/attributes.ts';
import type { Store } from '../../core/store/store.ts';

const STEPS = ['Publish', 'Finish'];

/**
 * Gives a deployment a past, as records: it was created, and then code was deployed to it again and again, each time
 * by an intent, an operation and a revision of the same number. The last of them runs, and nothing waits.
 */
export async function writeHistory(
  store: Store,
  { organizationId, deploymentId }: DeploymentIds,
  last: number,
): Promise<void> {
  const ids = { organizationId, deploymentId };
  const { deploy, deployment, intent, operation, revision } = store.entities;
  const { data: item } = await deployment.get(ids).go({ consistent: true });
  if (item === null) throw new Error(`There is no deployment ${deploymentId}`);
  const { createdBy } = item;
  const revisions = Array.from({ length: last }, (_, index) => revisionOf(item, index + 1));
  const deploys = revisions.slice(1).map(({ number, spec: { bundle } }) => ({
    ...auditOf(item, number),
    deployId: newId(),
    type: 'DAG_ONLY' as const,
    status: 'DEPLOYED' as const,
    description: `number ${number}`,
    runtimeVersion: item.desired.runtimeVersion,
    ...(bundle === undefined ? {} : { bundle }),
    dueShard: dueShard(deploymentId),
    dueAt: new Date(Date.parse(item.createdAt) + 7_200_000).toISOString(),
  }));
  await written(
    intent.put([
      {
        ...ids,
        number: 1,
        intent: { kind: 'create', spec: item.desired },
        createdAt: item.createdAt,
        createdBy,
      },
    ]),
  );
  await written(deploy.put(deploys));
  await written(
    intent.put(
      deploys.map(({ deployId, bundle, createdAt }, index) => ({
        ...ids,
        number: index + 2,
        intent: { kind: 'deploy' as const, deployId, bundle: bundle ?? bundleOf(index + 2) },
        createdAt,
        createdBy,
      })),
    ),
  );
  await written(
    operation.put(revisions.map((to, index) => operationOf(item, to.number, plan(revisions[index - 1], to)))),
  );
  await written(
    revision.put(
      revisions.map((to) => ({ ...ids, ...to, operation: to.number, createdAt: timeOf(item, to.number) })),
    ),
  );
  const count = { operationCount: last, revisionCount: last, intentCount: last, carriedIntents: last };
  const desired = revisions.at(-1)?.spec ?? item.desired;
  await deployment
    .patch(ids)
    .set({ ...count, desired, running: last })
    .remove(['dueShard', 'dueAt'])
    .go();
}

/** An operation that went well, and led from the revision before its number to that of its number. */
export function operationOf(item: DeploymentItem, number: number, planned: Plan): OperationItem {
  const createdAt = timeOf(item, number);
  return {
    ...auditOf(item, number),
    number,
    kind: planned.kind,
    status: 'SUCCEEDED',
    plan: planned,
    ...(number === 1 ? {} : { fromRevision: number - 1 }),
    toRevision: number,
    firstIntent: number,
    lastIntent: number,
    attempt: 1,
    steps: STEPS.map((name) => ({ name, startedAt: createdAt, endedAt: createdAt })),
    endedAt: createdAt,
  };
}

/** A batch is cut into requests of 25 items, eight at once. */
export async function written(batch: {
  go(options: { concurrency: number }): Promise<{ unprocessed: readonly unknown[] }>;
}): Promise<void> {
  const { unprocessed } = await batch.go({ concurrency: 8 });
  if (unprocessed.length > 0) throw new Error(`DynamoDB left ${unprocessed.length} items unwritten`);
}

function revisionOf({ desired }: DeploymentItem, number: number): Revision {
  const spec = number === 1 ? desired : { ...desired, bundle: bundleOf(number) };
  return { number, spec, generations: Object.fromEntries(desired.workerQueues.map(({ name }) => [name, 1])) };
}

function bundleOf(number: number) {
  return { digest: number.toString(16).padStart(64, '0'), version: `version ${number}` };
}

/** The audit attributes of what was made with this number, each a millisecond after the one before. */
function auditOf(item: DeploymentItem, number: number) {
  const { organizationId, deploymentId, createdBy, updatedBy, requestId } = item;
  const at = timeOf(item, number);
  return {
    organizationId,
    deploymentId,
    version: 1,
    createdAt: at,
    createdBy,
    updatedAt: at,
    updatedBy,
    requestId,
  };
}

function timeOf({ createdAt }: DeploymentItem, number: number): string {
  return new Date(Date.parse(createdAt) + number).toISOString();
}
