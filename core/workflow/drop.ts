import { findRevision } from '../revision/read.ts';
import { runtimeVersions } from '../runtime/versions.ts';
import { findSecret, platformSecretName } from './platform-secret.ts';
import { runDatabaseTask } from './prepare.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';

/** Starts the task that drops the deployment's database. One that never had its keys never had a database. */
export async function drop(step: Step): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  const platformSecretArn = await findSecret(services, platformSecretName(deployment.deploymentId));
  if (platformSecretArn === undefined) return state;
  const spec = { ...deployment.desired, runtimeVersion: await versionFor(step) };
  const setting = { cell: services.environment.CELL, deployment, spec, platformSecretArn, taskRoleArn: '' };
  return { ...state, oneOffTask: await runDatabaseTask(step, setting, 'drop') };
}

/**
 * Any version drops any database, so one whose image is broken holds up no removal: the first attempt takes the version
 * that runs, or was to run, and each further one another.
 */
async function versionFor({ services, deployment, operation }: Step): Promise<string> {
  const { running, desired } = deployment;
  const spec = running === undefined ? desired : (await findRevision(services, deployment, running)).spec;
  const others = runtimeVersions
    .map(({ version }) => version)
    .filter((version) => version !== spec.runtimeVersion);
  const versions = [spec.runtimeVersion, ...others];
  return versions[(operation.attempt - 1) % versions.length] ?? spec.runtimeVersion;
}
