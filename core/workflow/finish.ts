import { drainedBetween } from '../component/service.ts';
import { deleteUpload } from '../deploy/upload.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import { intentsWait } from '../operation/advance.ts';
import { fold } from '../operation/intent.ts';
import { listIntents } from '../operation/read.ts';
import type { Revision } from '../revision/schema.ts';
import { timestamp } from '../scope.ts';
import { dueNow } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { reasonOf } from './failures.ts';
import type { WorkflowState } from './state.ts';
import { fromRevision, type Step, toRevision } from './step.ts';

/** Ends the operation, well or not, in one transaction with its deployment; its deploys first, which may repeat. */
export async function finish(step: Step): Promise<WorkflowState> {
  const { scope, services, deployment, operation, state } = step;
  const { organizationId, deploymentId, number, attempt } = operation;
  const ids = { organizationId, deploymentId };
  const reason = operation.reason ?? reasonOf(state);
  await finishDeploys(step, reason === undefined);
  const now = timestamp(scope);
  const steps = operation.steps.map((entered) => ({ ...entered, endedAt: entered.endedAt ?? now }));
  const outcome = reason === undefined ? await success(step) : await failure(step, reason);
  const draining = [...new Set([...deployment.draining, ...outcome.drained])];
  const next = intentsWait(deployment) || draining.length > 0 ? dueNow(scope, deploymentId) : undefined;
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.operation
        .patch({ ...ids, number })
        .set({
          version: operation.version + 1,
          status: reason === undefined ? 'SUCCEEDED' : 'FAILED',
          ...(reason === undefined ? {} : { reason }),
          endedAt: now,
          steps,
        })
        .where((has, { eq }) => `${eq(has.version, operation.version)} AND ${eq(has.attempt, attempt)}`)
        .commit(),
      entities.deployment
        .patch(ids)
        .set({
          version: deployment.version + 1,
          ...outcome.set,
          draining,
          ...next,
        })
        .remove(['operation', ...outcome.remove, ...(next ? [] : (['dueShard', 'dueAt'] as const))])
        .where((has, { eq }) => eq(has.version, deployment.version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
  return state;
}

interface Outcome {
  readonly set: Partial<Pick<DeploymentItem, 'running' | 'runningBundleVersion' | 'failure' | 'desired'>>;
  readonly remove: readonly ('failure' | 'runningBundleVersion')[];
  /** Worker services that are the revision's no more. */
  readonly drained: readonly string[];
}

async function success(step: Step): Promise<Outcome> {
  const [from, to] = await Promise.all([fromRevision(step), toRevision(step)]);
  const { bundle } = to.spec;
  return {
    set: { running: to.number, ...(bundle === undefined ? {} : { runningBundleVersion: bundle.version }) },
    remove: ['failure', ...(bundle === undefined ? (['runningBundleVersion'] as const) : [])],
    drained: drainedBetween(from, to),
  };
}

/** The failed intents are dropped: desired is what runs, and what waits on top of it. A failed create stays desired. */
async function failure(step: Step, reason: string): Promise<Outcome> {
  const [from, to] = await Promise.all([fromRevision(step), toRevision(step)]);
  if (from === undefined) return { set: { failure: reason }, remove: [], drained: [] };
  return {
    set: { failure: reason, ...(await withoutFailed(step, from)) },
    remove: [],
    drained: drainedBetween(to, from),
  };
}

async function withoutFailed(
  { services, deployment }: Step,
  { spec }: Revision,
): Promise<Partial<Pick<DeploymentItem, 'desired'>>> {
  const { carriedIntents, intentCount } = deployment;
  const desired = fold(spec, await listIntents(services, deployment, carriedIntents + 1, intentCount));
  return desired === undefined ? {} : { desired };
}

async function finishDeploys({ services, operation }: Step, succeeded: boolean): Promise<void> {
  const { organizationId, deploymentId, firstIntent, lastIntent } = operation;
  const intents = await listIntents(services, operation, firstIntent, lastIntent);
  const deploys = intents.flatMap((intent) => (intent.kind === 'deploy' ? [intent.deployId] : []));
  await Promise.all(
    deploys.map(async (deployId) => {
      const ids = { organizationId, deploymentId, deployId };
      await deleteUpload(services, ids);
      await services
        .store(organizationId)
        .entities.deploy.patch(ids)
        .set({ status: succeeded ? 'DEPLOYED' : 'FAILED' })
        .add({ version: 1 })
        .go();
    }),
  );
}
