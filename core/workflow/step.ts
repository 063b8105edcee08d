import type { DeploymentItem } from '../deployment/entity.ts';
import { findDeployment } from '../deployment/read.ts';
import type { OperationItem } from '../operation/entity.ts';
import { findOperation } from '../operation/read.ts';
import { findRevision } from '../revision/read.ts';
import type { Revision } from '../revision/schema.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused, Stale } from '../store/transact.ts';
import { Preempted, Superseded } from './failures.ts';
import type { WorkflowState } from './state.ts';

/** Of an operation whose attempts go on for days, only the last steps are kept: an item has room for 400 KB. */
const MOST_STEPS = 100;

/** What a step works on. */
export interface Step {
  readonly scope: Scope;
  readonly services: Services;
  readonly deployment: DeploymentItem;
  readonly operation: OperationItem;
  readonly state: WorkflowState;
}

/**
 * Opens a step: its attempt must be the operation's current one (else Superseded), and a deployment that is being
 * deleted lets nothing else go on (Preempted), but for what ends the operation. Records when the step was entered;
 * a repeated step was entered once.
 */
export async function openStep(
  scope: Scope,
  services: Services,
  name: string,
  state: WorkflowState,
): Promise<Step> {
  const deployment = await findDeployment(services, state);
  const current = deployment?.operation;
  if (deployment === undefined || current?.number !== state.operation || current.attempt !== state.attempt) {
    throw new Superseded(state.operation, state.attempt);
  }
  const operation = await findOperation(services, state, state.operation);
  if (deployment.isDeleting && operation.kind !== 'delete' && name !== 'Finish') throw new Preempted();
  return { scope, services, deployment, operation: await enter(scope, services, operation, name), state };
}

/** The revision that the operation comes from; undefined when nothing ran before. */
export async function fromRevision({ services, operation }: Step): Promise<Revision | undefined> {
  if (operation.fromRevision === undefined) return undefined;
  return await findRevision(services, operation, operation.fromRevision);
}

/** The revision that the operation leads to. A removal leads to none, and does not ask. */
export async function toRevision({ services, operation }: Step): Promise<Revision> {
  if (operation.toRevision === undefined)
    throw new Error(`Operation ${operation.number} leads to no revision`);
  return await findRevision(services, operation, operation.toRevision);
}

/** The operation with this step as its last one; a repeated step is there already. */
async function enter(
  scope: Scope,
  services: Services,
  operation: OperationItem,
  name: string,
): Promise<OperationItem> {
  const { organizationId, deploymentId, number, attempt, version, steps } = operation;
  const last = steps.at(-1);
  if (last?.name === name) return operation;
  const now = timestamp(scope);
  const before = last === undefined ? [] : [...steps.slice(0, -1), { ...last, endedAt: now }];
  const entered = { version: version + 1, steps: [...before, { name, startedAt: now }].slice(-MOST_STEPS) };
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.operation
        .patch({ organizationId, deploymentId, number })
        .set(entered)
        .where((has, { eq }) => `${eq(has.version, version)} AND ${eq(has.attempt, attempt)}`)
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Operation ${number}`);
  return { ...operation, ...entered };
}
