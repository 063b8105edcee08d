import type { CurrentOperation, DeploymentItem } from '../deployment/entity.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import type { OperationItem } from './entity.ts';
import { describeExecution, startExecution, WATCH_SECONDS } from './execution.ts';
import { findOperation } from './read.ts';

/** The longest pause between two attempts. */
const LONGEST_BACKOFF_SECONDS = 900;

/**
 * Looks after an operation that runs: starts its execution when there is none, and when that has ended without
 * ending the operation, makes the next attempt due after a growing pause. There are never two attempts that may
 * write: each step's writes expect the deployment's current one.
 */
export async function watch(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  current: CurrentOperation,
): Promise<void> {
  const operation = await findOperation(services, deployment, current.number);
  const execution = await describeExecution(services, operation);
  switch (execution.status) {
    case 'missing':
      return await startExecution(services, operation);
    case 'running':
      return await postpone(scope, services, deployment);
    case 'ended':
      return await nextAttempt(scope, services, deployment, operation, execution.reason);
  }
}

/** Looks again later; a deployment that is not due yet was only hastened, and stays as it is. */
async function postpone(scope: Scope, services: Services, deployment: DeploymentItem): Promise<void> {
  const { organizationId, deploymentId, version, dueAt } = deployment;
  if (dueAt !== undefined && dueAt > timestamp(scope)) return;
  await changed(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .patch({ organizationId, deploymentId })
        .set({ version: version + 1, ...dueAfter(scope, deploymentId, WATCH_SECONDS) })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
    ]),
    deploymentId,
  );
}

async function nextAttempt(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  operation: OperationItem,
  reason: string,
): Promise<void> {
  const { organizationId, deploymentId, version } = deployment;
  const { number, attempt } = operation;
  const pause = Math.min(5 * 2 ** attempt, LONGEST_BACKOFF_SECONDS);
  await changed(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .patch({ organizationId, deploymentId })
        .set({
          version: version + 1,
          operation: { number, attempt: attempt + 1 },
          ...dueAfter(scope, deploymentId, pause),
          ...failureOf(operation, reason),
        })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      entities.operation
        .patch({ organizationId, deploymentId, number })
        .set({ attempt: attempt + 1, version: operation.version + 1 })
        .where((has, { eq }) => eq(has.version, operation.version))
        .commit(),
    ]),
    deploymentId,
  );
}

/** What a person is told while the platform tries again what must not be given up: to delete, or to put back. */
function failureOf(operation: OperationItem, reason: string): { failure?: string } {
  const { kind, attempt, reason: putBackFor } = operation;
  const tries = `${attempt} ${attempt === 1 ? 'try' : 'tries'} (${reason}). The platform tries again by itself.`;
  if (kind === 'delete') return { failure: `Something of it could not be deleted in ${tries}` };
  if (putBackFor === undefined) return {};
  return { failure: `${putBackFor} What ran before could not be put back in ${tries}` };
}

async function changed(transaction: Parameters<typeof refused>[0], deploymentId: string): Promise<void> {
  if ((await refused(transaction)).length > 0) throw new Stale(`Deployment ${deploymentId}`);
}
