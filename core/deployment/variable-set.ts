import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueAfter } from '../store/attributes.ts';
import type { DeploymentIds } from './entity.ts';
import type { EnvironmentVariableRequest } from './request.ts';
import { secretName } from './secrets.ts';
import type { VariableSetItem } from './variable-set-entity.ts';
import { variablesSecret } from './variables.ts';

/** A set that no revision refers to after so long never will: the request that made it ended long ago. */
const ABANDONED_SECONDS = 900;

/** Which set of variables of which deployment. */
export interface VariableSetKey extends DeploymentIds {
  readonly variableSetId: string;
}

/** The name of the secret that holds a set's values. */
export function variableSetSecret(deploymentId: string, variableSetId: string): string {
  return secretName(deploymentId, `variables/${variableSetId}`);
}

/**
 * Stores the values that variables were given as a new immutable secret. The caller's transaction ends the set's
 * dueness as it refers to it; a crash before leaves a due set, which the clock removes.
 */
export async function storeVariables(
  scope: Scope,
  services: Services,
  key: VariableSetKey,
  variables: readonly EnvironmentVariableRequest[],
): Promise<void> {
  const item = dueSet(scope, key);
  await services.store(key.organizationId).entities.variableSet.create(item).go();
  await services.secrets.send(
    new CreateSecretCommand({ Name: item.secretName, SecretString: variablesSecret(variables) }),
  );
}

/** Notes a set that a revision is about to have, so that the deployment's removal finds it. Safe to repeat. */
export async function keepVariableSet(scope: Scope, services: Services, key: VariableSetKey): Promise<void> {
  const { variableSet } = services.store(key.organizationId).entities;
  await variableSet.put(dueSet(scope, key)).go();
  await variableSet.patch(key).remove(['dueShard', 'dueAt']).go();
}

function dueSet(scope: Scope, key: VariableSetKey): VariableSetItem {
  return {
    ...key,
    secretName: variableSetSecret(key.deploymentId, key.variableSetId),
    createdAt: timestamp(scope),
    ...dueAfter(scope, key.variableSetId, ABANDONED_SECONDS),
  };
}

/** Removes a set that nothing refers to, and its secret. Safe to repeat. */
export async function removeVariableSet(services: Services, set: VariableSetItem): Promise<void> {
  await deleteSecret(services, set.secretName);
  const { organizationId, deploymentId, variableSetId } = set;
  await services
    .store(organizationId)
    .entities.variableSet.delete({ organizationId, deploymentId, variableSetId })
    .go();
}

/** Removes a set that was abandoned long enough ago; one that a revision refers to by now stays. */
export async function advanceVariableSet(
  scope: Scope,
  services: Services,
  key: VariableSetKey,
): Promise<void> {
  const set = await findVariableSet(services, key);
  if (set?.dueAt !== undefined && set.dueAt <= timestamp(scope)) await removeVariableSet(services, set);
}

/** Removes a set at once, unless a revision refers to it. */
export async function abandonVariables(services: Services, key: VariableSetKey): Promise<void> {
  const set = await findVariableSet(services, key);
  if (set?.dueAt !== undefined) await removeVariableSet(services, set);
}

async function findVariableSet(services: Services, key: VariableSetKey) {
  const { organizationId, deploymentId, variableSetId } = key;
  const { data } = await services
    .store(organizationId)
    .entities.variableSet.get({ organizationId, deploymentId, variableSetId })
    .go({ consistent: true });
  return data;
}

/** Deletes a secret at once; one that is not there is fine. */
export async function deleteSecret(services: Services, name: string): Promise<void> {
  try {
    await services.secrets.send(
      new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }),
    );
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}
