import type { DeploymentIds, DeploymentItem } from '../deployment/entity.ts';
import { findDeployment } from '../deployment/read.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { begin } from './begin.ts';
import { collectDrained } from './drain.ts';
import { settle } from './settle.ts';
import { watch } from './watch.ts';

/**
 * Brings a deployment's operations on: begins one when intents wait and none runs, else looks after the one that
 * runs; and looks after workers that go, which may take longer than many operations. Of two that do this at the same
 * moment one is `Stale`; it runs again, and finds the work done.
 */
export async function advanceDeployment(scope: Scope, services: Services, ids: DeploymentIds): Promise<void> {
  const deployment = await findDeployment(services, ids);
  if (deployment === undefined) return;
  const { operation, isDeleting } = deployment;
  const isAtRest = operation === undefined && !intentsWait(deployment);
  if (operation !== undefined) await watch(scope, services, deployment, operation);
  else if (!isAtRest) await begin(scope, services, deployment);
  if (isDeleting || !isDue(scope, deployment)) return;
  const draining = await collectDrained(scope, services, deployment);
  if (isAtRest) await settle(scope, services, deployment, draining);
}

/** Whether intents were asked for that no operation carries yet. */
export function intentsWait({ intentCount, carriedIntents }: DeploymentItem): boolean {
  return intentCount > carriedIntents;
}

function isDue(scope: Scope, { dueAt }: DeploymentItem): boolean {
  return dueAt !== undefined && dueAt <= timestamp(scope);
}
