import { drainedBetween } from '../component/service.ts';
import { deleteUpload } from '../deploy/upload.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import { intentsWait } from '../operation/advance.ts';
import { carry, fold, type Intent } from '../operation/intent.ts';
import { listIntents } from '../operation/read.ts';
import type { Revision } from '../revision/schema.ts';
import { timestamp } from '../scope.ts';
import { dueNow } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { reasonOf } from './failures.ts';
import type { WorkflowState } from './state.ts';
import { fromRevision, type Step, toRevision } from './step.ts';

/**
 * Ends the operation, well or not, in one transaction with its deployment; its deploys first, which may repeat. One that
 * ends well has a reason, too, when something of what it carries was left out.
 */
export async function finish(step: Step): Promise<WorkflowState> {
  const { scope, services, deployment, operation, state } = step;
  const { organizationId, deploymentId, number, attempt, firstIntent, lastIntent } = operation;
  const ids = { organizationId, deploymentId };
  const failed = wholeReason(step);
  const intents = await listIntents(services, ids, firstIntent, lastIntent);
  await finishDeploys(step, intents, failed === undefined);
  const now = timestamp(scope);
  const steps = operation.steps.map((entered) => ({ ...entered, endedAt: entered.endedAt ?? now }));
  const outcome = failed === undefined ? await success(step, intents) : await failure(step, failed);
  const { failure: reason } = outcome.set;
  const draining = [...new Set([...deployment.draining, ...outcome.drained])];
  const { isUnhealthy } = outcome;
  const isDue = intentsWait(deployment) || draining.length > 0 || isUnhealthy;
  const next = isDue ? dueNow(scope, deploymentId) : undefined;
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.operation
        .patch({ ...ids, number })
        .set({
          version: operation.version + 1,
          status: failed === undefined ? 'SUCCEEDED' : 'FAILED',
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
          ...(isUnhealthy ? { isUnhealthy } : {}),
          draining,
          ...next,
        })
        .remove([
          'operation',
          ...outcome.remove,
          ...(isUnhealthy ? [] : (['isUnhealthy'] as const)),
          ...(next ? [] : (['dueShard', 'dueAt'] as const)),
        ])
        .where((has, { eq }) => eq(has.version, deployment.version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
  return state;
}

const LEFT_OUT = 'As a change that was asked for before failed, this could not be made:';

/** Why it failed, and what of what ran before is not healthy now. */
function wholeReason({ operation, state }: Step): string | undefined {
  const reason = operation.reason ?? reasonOf(state);
  const { notPutBack } = state;
  return reason === undefined || notPutBack === undefined
    ? reason
    : `${reason} What ran before is not healthy either: ${notPutBack}`;
}

interface Outcome {
  readonly set: Partial<Pick<DeploymentItem, 'running' | 'runningBundleVersion' | 'failure' | 'desired'>>;
  readonly remove: readonly ('failure' | 'runningBundleVersion')[];
  readonly isUnhealthy: boolean;
  /** Worker services that are the revision's no more. */
  readonly drained: readonly string[];
}

async function success(step: Step, intents: readonly Intent[]): Promise<Outcome> {
  const [from, to] = await Promise.all([fromRevision(step), toRevision(step)]);
  const { bundle } = to.spec;
  const { leftOut } = carry(from?.spec, intents);
  const failure = leftOut.length === 0 ? undefined : `${LEFT_OUT} ${leftOut.join('; ')}.`;
  const isUnhealthy = step.deployment.isUnhealthy === true && !sawAllHealthy(step);
  return {
    set: {
      running: to.number,
      ...(bundle === undefined ? {} : { runningBundleVersion: bundle.version }),
      ...(failure === undefined ? {} : { failure }),
    },
    remove: [
      ...(failure === undefined && !isUnhealthy ? (['failure'] as const) : []),
      ...(bundle === undefined ? (['runningBundleVersion'] as const) : []),
    ],
    isUnhealthy,
    drained: drainedBetween(from, to),
  };
}

/** Whether the operation waited until all that is to run was healthy. */
function sawAllHealthy({ state: { rolls, unhealthyBefore = [] } }: Step): boolean {
  return rolls && unhealthyBefore.length === 0;
}

/** The failed intents are dropped: desired is what runs, and what waits on top of it. A failed create stays desired. */
async function failure(step: Step, reason: string): Promise<Outcome> {
  const [from, to] = await Promise.all([fromRevision(step), toRevision(step)]);
  if (from === undefined) return { set: { failure: reason }, remove: [], isUnhealthy: false, drained: [] };
  return {
    set: { failure: reason, ...(await withoutFailed(step, from)) },
    remove: [],
    isUnhealthy: step.state.notPutBack !== undefined,
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

async function finishDeploys(
  { services, operation }: Step,
  intents: readonly Intent[],
  succeeded: boolean,
): Promise<void> {
  const { organizationId, deploymentId } = operation;
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
