import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { readRevision } from '../revision/read.ts';
import type { Services } from '../services.ts';
import type { OperationItem } from './entity.ts';
import { listIntentItems, listOperations } from './read.ts';
import { type Before, type Change, timeline } from './timeline.ts';

/**
 * The changes that a deployment's intents from `first` to `last` asked for. Read are these intents, those that the
 * first one's operation carries before it, their operations and the one before them, and the revision that led to.
 */
export async function listChanges(
  services: Services,
  deployment: DeploymentItem,
  first: number,
  last: number,
): Promise<Change[]> {
  const carrier = await carrierOf(services, deployment, first);
  // Each operation carries one intent at least.
  const end = Math.min(carrier + last - first, deployment.operationCount);
  const operations = await listOperations(services, deployment, {
    first: Math.max(1, carrier - 1),
    last: end,
    order: 'asc',
  });
  const previous = operations.find(({ number }) => number === carrier - 1);
  const begun = previous === undefined ? (operations[0]?.firstIntent ?? 1) : previous.lastIntent + 1;
  const [asked, before] = await Promise.all([
    listIntentItems(services, deployment, begun, last),
    previous === undefined ? undefined : stateAfter(services, deployment, previous),
  ]);
  return timeline(asked, operations, deployment.desired, before).filter(({ number = 0 }) => number >= first);
}

/** The number of the operation that carries an intent; that of the next one when it waits. */
async function carrierOf(services: Services, deployment: DeploymentItem, intent: number): Promise<number> {
  const { operationCount, carriedIntents } = deployment;
  if (intent > carriedIntents) return operationCount + 1;
  let low = Math.max(1, operationCount - (carriedIntents - intent));
  let high = Math.min(intent, operationCount);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [operation] = await listOperations(services, deployment, {
      first: middle,
      last: middle,
      order: 'asc',
    });
    // One that is not there was forgotten, with its deployment being deleted: the oldest go first.
    if (operation === undefined || operation.lastIntent < intent) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What runs and is to run after an operation: what a failed one led to was dropped, unless nothing ran before. */
async function stateAfter(
  services: Services,
  ids: DeploymentIds,
  { status, fromRevision, toRevision }: OperationItem,
): Promise<Before> {
  const running = status === 'FAILED' ? fromRevision : toRevision;
  const number = running ?? toRevision;
  const desired = number === undefined ? undefined : (await readRevision(services, ids, number))?.spec;
  return { desired, settled: running === undefined ? undefined : desired };
}
