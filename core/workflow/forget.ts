import { findDeployment } from '../deployment/read.ts';
import { comparable } from '../name/schema.ts';
import { withdrawRoles } from '../permission/withdraw.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused, Stale } from '../store/transact.ts';
import { Superseded } from './failures.ts';
import type { WorkflowState } from './state.ts';

/** Of each kind, so many items are deleted in one run of the step: some seconds' work for DynamoDB, of the largest too. */
const MOST_AT_ONCE = 100;

/**
 * Deletes the deployment's own items, a part of them in each run of the step, the oldest first; once they are gone, the
 * roles on the deployment, and the deployment at last, in one transaction with its name and the counts that it is in. A
 * repeated run finds less to delete, or nothing.
 */
export async function forget(scope: Scope, services: Services, state: WorkflowState): Promise<WorkflowState> {
  const { organizationId, deploymentId } = state;
  const deployment = await findDeployment(services, state);
  if (deployment === undefined) return { ...state, done: true };
  const { operation, workspaceId, version } = deployment;
  if (operation?.number !== state.operation || operation.attempt !== state.attempt) {
    throw new Superseded(state.operation, state.attempt);
  }
  const ids = { organizationId, deploymentId };
  if (!(await forgetHistory(services, state))) return { ...state, done: false, pauseSeconds: 1 };
  await withdrawRoles(scope, services, ids);
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .delete(ids)
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      entities.operation.delete({ ...ids, number: state.operation }).commit(),
      entities.name
        .delete({ organizationId, parentId: workspaceId, name: comparable(deployment.name) })
        .commit(),
      entities.organization.patch({ organizationId }).subtract({ deploymentCount: 1 }).commit(),
      entities.workspace.patch({ organizationId, workspaceId }).subtract({ deploymentCount: 1 }).commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
  return { ...state, done: true };
}

/** Deletes a part of what a deployment's past has left, but for the operation that does; answers whether that was all. */
async function forgetHistory(
  services: Services,
  { organizationId, deploymentId, operation: current }: WorkflowState,
): Promise<boolean> {
  const ids = { organizationId, deploymentId };
  const { deploy, intent, operation, revision, settingsChange } = services.store(organizationId).entities;
  const part = { limit: MOST_AT_ONCE, count: MOST_AT_ONCE, consistent: true };
  const key = ['organizationId', 'deploymentId'] as const;
  const numbered = { ...part, attributes: [...key, 'number'] as const };
  const forgotten = await Promise.all([
    forgetPart(deploy.query.primary(ids).go({ ...part, attributes: [...key, 'deployId'] }), (keys) =>
      deploy.delete(keys).go(),
    ),
    forgetPart(intent.query.primary(ids).go(numbered), (keys) => intent.delete(keys).go()),
    forgetPart(operation.query.primary(ids).go(numbered), (keys) =>
      operation.delete(keys.filter(({ number }) => number !== current)).go(),
    ),
    forgetPart(revision.query.primary(ids).go(numbered), (keys) => revision.delete(keys).go()),
    forgetPart(settingsChange.query.primary(ids).go({ ...part, attributes: [...key, 'version'] }), (keys) =>
      settingsChange.delete(keys).go(),
    ),
  ]);
  return forgotten.every((isAll) => isAll);
}

/** Deletes what was found; answers whether that was all. What DynamoDB leaves under load is found again. */
async function forgetPart<Key>(
  found: Promise<{ readonly data: Key[] }>,
  remove: (keys: Key[]) => Promise<{ readonly unprocessed: readonly unknown[] }>,
): Promise<boolean> {
  const { data } = await found;
  const { unprocessed } = await remove(data);
  return data.length < MOST_AT_ONCE && unprocessed.length === 0;
}
