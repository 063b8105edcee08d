import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { findDeployment } from '../deployment/read.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { begin } from './begin.ts';
import { collectDrained, keepDraining } from './drain.ts';
import { rest, watch } from './watch.ts';

/**
 * Brings a deployment's operations on: begins one when intents wait and none runs, else looks after the one that
 * runs; and looks after workers that go, which may take longer than many operations. Of two that do this at the same
 * moment one is `Stale`; it runs again, and finds the work done.
 */
export async function advanceDeployment(scope: Scope, services: Services, ids: DeploymentIds): Promise<void> {
  const deployment = await findDeployment(services, ids);
  if (deployment === undefined) return;
  const { draining, isDeleting } = deployment;
  const looks = draining.length > 0 && !isDeleting && isDue(scope, deployment);
  const left = looks ? await collectDrained(scope, services, deployment) : undefined;
  if (deployment.operation !== undefined) {
    await watch(scope, services, deployment, deployment.operation);
  } else if (intentsWait(deployment)) {
    await begin(scope, services, deployment);
  } else if (left !== undefined) {
    await keepDraining(scope, services, deployment, left);
  } else if (draining.length === 0 && deployment.dueAt !== undefined) {
    await rest(services, deployment);
  }
}

/** Whether intents were asked for that no operation carries yet. */
export function intentsWait({ intentCount, carriedIntents }: DeploymentItem): boolean {
  return intentCount > carriedIntents;
}

function isDue(scope: Scope, { dueAt }: DeploymentItem): boolean {
  return dueAt !== undefined && dueAt <= timestamp(scope);
}
