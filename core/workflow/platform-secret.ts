import { randomBytes } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  ResourceExistsException,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager';
import { secretName } from '../deployment/secrets.ts';
import type { Services } from '../services.ts';

/** The name of a deployment's own keys. */
export function platformSecretName(deploymentId: string): string {
  return secretName(deploymentId, 'platform');
}

/**
 * The ARN of the secret with a deployment's own keys, which is made once: the Fernet key (32 bytes, base64url with
 * padding, as Fernet has it), the keys of Airflow's tokens and sessions, and the passwords of its users at the
 * database and the broker.
 */
export async function ensurePlatformSecret(services: Services, deploymentId: string): Promise<string> {
  const name = platformSecretName(deploymentId);
  const found = await findSecret(services, name);
  if (found !== undefined) return found;
  const random = () => randomBytes(32).toString('base64url');
  const value = {
    fernetKey: `${random()}=`,
    jwtSecret: random(),
    apiSecretKey: random(),
    databasePassword: random(),
    resultPassword: random(),
    brokerPassword: random(),
  };
  try {
    const { ARN } = await services.secrets.send(
      new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }),
    );
    if (ARN !== undefined) return ARN;
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
  }
  const created = await findSecret(services, name);
  if (created === undefined) throw new Error(`Secret ${name} was made and is not there`);
  return created;
}

/** The ARN of a secret by its name; undefined when there is none. */
export async function findSecret(services: Services, name: string): Promise<string | undefined> {
  try {
    return (await services.secrets.send(new DescribeSecretCommand({ SecretId: name }))).ARN;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
