import { DeleteLogGroupCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { logGroup, storagePrefix } from '../component/names.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import { deleteSecret, removeVariableSet } from '../deployment/variable-set.ts';
import { deleteObjects } from '../objects.ts';
import type { Services } from '../services.ts';
import { pagesOf } from '../store/pages.ts';
import { refused } from '../store/transact.ts';
import { platformSecretName } from './platform-secret.ts';
import { remainsOf } from './remains.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';
import { deleteTaskDefinitions } from './task-definitions.ts';
import { deleteTaskRole } from './task-role.ts';

/** Each set has a secret, of which Secrets Manager deletes so many at once. */
const SETS_AT_ONCE = 25;

/** Deletes all that is left once nothing runs: objects, task definitions, role, log group, secrets. */
export async function clean({ services, deployment, state }: Step): Promise<WorkflowState> {
  const { organizationId, deploymentId } = deployment;
  const { families } = await remainsOf(services, deployment);
  await Promise.all([
    deleteObjects(services, `${storagePrefix(organizationId, deploymentId)}/`),
    deleteTaskRole(services, deploymentId),
    deleteLogGroup(services, deploymentId),
    deleteVariableSets(services, deployment),
    freeNamespace(services, deployment),
    ...families.map((family) => deleteTaskDefinitions(services, family)),
  ]);
  await deleteSecret(services, platformSecretName(deploymentId));
  return state;
}

/** A namespace that another deployment holds stays its own. */
async function freeNamespace(
  services: Services,
  { namespace, deploymentId }: { namespace: string; deploymentId: string },
): Promise<void> {
  await refused(
    services.globalStore.transaction.write((entities) => [
      entities.namespace
        .delete({ namespace })
        .where((has, { eq }) => eq(has.deploymentId, deploymentId))
        .commit(),
    ]),
  );
}

async function deleteLogGroup(services: Services, deploymentId: string): Promise<void> {
  const logGroupName = logGroup(services.environment.CELL.logGroupPrefix, deploymentId);
  try {
    await services.logs.send(new DeleteLogGroupCommand({ logGroupName }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}

async function deleteVariableSets(
  services: Services,
  { organizationId, deploymentId }: DeploymentIds,
): Promise<void> {
  const { query } = services.store(organizationId).entities.variableSet;
  const pages = pagesOf((cursor) =>
    query.primary({ organizationId, deploymentId }).go({ cursor, consistent: true, limit: SETS_AT_ONCE }),
  );
  for await (const sets of pages) await Promise.all(sets.map((set) => removeVariableSet(services, set)));
}
