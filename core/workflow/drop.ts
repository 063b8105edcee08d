import { findSecret, platformSecretName } from './platform-secret.ts';
import { runDatabaseTask } from './prepare.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';

/** Starts the task that drops the deployment's database. One that never had its keys never had a database. */
export async function drop(step: Step): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  const platformSecretArn = await findSecret(services, platformSecretName(deployment.deploymentId));
  if (platformSecretArn === undefined) return state;
  const { CELL } = services.environment;
  const setting = { cell: CELL, deployment, spec: deployment.desired, platformSecretArn, taskRoleArn: '' };
  return { ...state, oneOffTask: await runDatabaseTask(step, setting, 'drop') };
}
