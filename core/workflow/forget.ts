import { findDeployment } from '../deployment/read.ts';
import { comparable } from '../name/schema.ts';
import { withdrawRoles } from '../permission/withdraw.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused, Stale } from '../store/transact.ts';
import { Superseded } from './failures.ts';
import type { WorkflowState } from './state.ts';

/**
 * Deletes the deployment's own items and the roles on it, the deployment last, in one transaction with its name and
 * the counts that it is in. A repeated one finds less to delete, or nothing.
 */
export async function forget(scope: Scope, services: Services, state: WorkflowState): Promise<WorkflowState> {
  const { organizationId, deploymentId } = state;
  const deployment = await findDeployment(services, state);
  if (deployment === undefined) return state;
  const { operation, workspaceId, version } = deployment;
  if (operation?.number !== state.operation || operation.attempt !== state.attempt) {
    throw new Superseded(state.operation, state.attempt);
  }
  const ids = { organizationId, deploymentId };
  await withdrawRoles(scope, services, ids);
  const store = services.store(organizationId);
  const { deploy, intent, operation: operations, revision, settingsChange } = store.entities;
  const everything = { pages: 'all', consistent: true } as const;
  const [deploys, intents, ran, revisions, settings] = await Promise.all([
    deploy.query.primary(ids).go(everything),
    intent.query.primary(ids).go(everything),
    operations.query.primary(ids).go(everything),
    revision.query.primary(ids).go(everything),
    settingsChange.query.primary(ids).go(everything),
  ]);
  const deleted = await Promise.all([
    deploy.delete(deploys.data).go(),
    intent.delete(intents.data).go(),
    operations.delete(ran.data.filter(({ number }) => number !== state.operation)).go(),
    revision.delete(revisions.data).go(),
    settingsChange.delete(settings.data).go(),
  ]);
  if (deleted.some(({ unprocessed }) => unprocessed.length > 0)) {
    throw new Error('DynamoDB left some items for another try');
  }
  const rejected = await refused(
    store.transaction.write((entities) => [
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
  return state;
}
