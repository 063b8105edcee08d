import { createHash } from 'node:crypto';
import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { keepVariableSet, variableSetSecret } from '../deployment/variable-set.ts';
import { MOST_BYTES } from '../deployment/variables.ts';
import type { EnvironmentVariable } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { OperationFailed } from './failures.ts';
import { findSecret } from './platform-secret.ts';
import type { Step } from './step.ts';

type Values = Readonly<Record<string, string>>;
const Values = z.record(z.string(), z.string());

/**
 * The ARN of the secret that holds exactly these variables' values; undefined while there are none. Variables that
 * were stored together are one already. Others are collected into a set of their own, whose id is derived from which
 * value of which variable it holds: the same variables are always the same secret.
 */
export async function ensureVariablesSecret(
  { scope, services, deployment }: Step,
  variables: readonly EnvironmentVariable[],
): Promise<string | undefined> {
  if (variables.length === 0) return undefined;
  const { organizationId, deploymentId } = deployment;
  const merged = mergedSetId(variables);
  const existing = await findSecret(services, variableSetSecret(deploymentId, merged));
  if (existing !== undefined) return existing;
  const sets = await readSets(services, deploymentId, variables);
  const [only, ...others] = sets.values();
  if (only !== undefined && others.length === 0 && Object.keys(only.values).length === variables.length) {
    return only.arn;
  }
  const text = JSON.stringify(valuesOf(variables, sets));
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new OperationFailed(
      `The environment variables are ${Buffer.byteLength(text)} bytes together; at most ${MOST_BYTES} are possible. Keep large values elsewhere.`,
    );
  }
  await keepVariableSet(scope, services, { organizationId, deploymentId, variableSetId: merged });
  const { ARN } = await services.secrets.send(
    new CreateSecretCommand({ Name: variableSetSecret(deploymentId, merged), SecretString: text }),
  );
  return ARN;
}

/** The values of a deployment's variables that these describe, by their keys. */
export async function readVariables(
  services: Services,
  deploymentId: string,
  variables: readonly EnvironmentVariable[],
): Promise<Values> {
  return valuesOf(variables, await readSets(services, deploymentId, variables));
}

function mergedSetId(variables: readonly EnvironmentVariable[]): string {
  const which = variables.map(({ key, variableSetId }) => `${key} ${variableSetId}`).toSorted();
  return `merged-${createHash('sha256').update(which.join('\n')).digest('hex').slice(0, 32)}`;
}

function valuesOf(
  variables: readonly EnvironmentVariable[],
  sets: ReadonlyMap<string, { readonly values: Values }>,
): Values {
  return Object.fromEntries(
    variables.map(({ key, variableSetId }) => {
      const value = sets.get(variableSetId)?.values[key];
      if (value === undefined) throw new Error(`Set ${variableSetId} has no value of ${key}`);
      return [key, value];
    }),
  );
}

async function readSets(
  services: Services,
  deploymentId: string,
  variables: readonly EnvironmentVariable[],
): Promise<Map<string, { readonly arn: string | undefined; readonly values: Values }>> {
  const ids = [...new Set(variables.map(({ variableSetId }) => variableSetId))];
  const entries = ids.map(async (id) => {
    return [id, await readSecret(services, variableSetSecret(deploymentId, id))] as const;
  });
  return new Map(await Promise.all(entries));
}

/** A secret's ARN and the values that it holds by name, by its name or ARN. */
export async function readSecret(
  services: Services,
  secretId: string,
): Promise<{ readonly arn: string | undefined; readonly values: Values }> {
  const { ARN, SecretString = '{}' } = await services.secrets.send(
    new GetSecretValueCommand({ SecretId: secretId }),
  );
  return { arn: ARN, values: Values.parse(JSON.parse(SecretString)) };
}
