import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { newPlatformSecret, PlatformSecret } from '../core/platform/secret.ts';
import { tableDefinition } from '../core/store/table.ts';
import { RUNNER } from './endpoint/grants.ts';
import { writeWhole } from './files.ts';
import type { Home } from './home.ts';
import { functionArn } from './lambda/host.ts';
import { BROKER_SECRET, DATABASE_SECRET, names, stateMachineArn } from './names.ts';
import type { Ports } from './ports.ts';
import type { SecretStore } from './secrets/store.ts';
import { postgresPassword } from './servers/postgres.ts';
import { redisPassword } from './servers/redis.ts';

/**
 * The platform's own secret, made when there is none. The operator's token in it also stands in the data folder,
 * for the operator to read.
 */
export function keepPlatformSecret(
  secrets: SecretStore,
  home: Home,
): { arn: string; secret: PlatformSecret } {
  const kept = keepSecret(secrets, names.platformSecret, () =>
    JSON.stringify(newPlatformSecret(randomBytes(32).toString('base64url'))),
  );
  const secret = PlatformSecret.parse(JSON.parse(kept.value));
  writeWhole(home.operatorToken, `${secret.operatorToken}\n`);
  return { arn: kept.arn, secret };
}

/** The secret that holds the password of Postgres' superuser; answers its ARN. */
export function keepDatabaseSecret(secrets: SecretStore, home: Home): string {
  return keepSecret(secrets, DATABASE_SECRET, () => postgresPassword(home)).arn;
}

/** The secret that holds the password of Redis' administrator; answers its ARN. */
export function keepBrokerSecret(secrets: SecretStore, home: Home): string {
  return keepSecret(secrets, BROKER_SECRET, () => redisPassword(home)).arn;
}

function keepSecret(secrets: SecretStore, name: string, value: () => string): { arn: string; value: string } {
  const secret = secrets.find(name) ?? secrets.create(name, '', value(), undefined);
  const current = secrets.current(secret);
  if (current === undefined) throw new Error(`The secret ${name} has no value`);
  return { arn: secret.arn, value: current.value };
}

/**
 * Makes what the functions expect to be there: table, cluster, bucket, state machines. Each is asked for through
 * its endpoint as the platform itself; what is there stays, a state machine gets its present definition.
 */
export async function makeResources(ports: Ports, root: string, stepFunction: string): Promise<void> {
  const machine = async (name: 'operate' | 'remove') => {
    const file = join(root, 'stacks/workflow', `${name}.asl.json`);
    const definition = readFileSync(file, 'utf8').replaceAll(/\$\{step\}/g, functionArn(stepFunction));
    const roleArn = `arn:aws:iam::${names.account}:role/windsock-workflow`;
    const made = { name: names[name], definition, roleArn };
    await ask(ports, 'AWSStepFunctions.CreateStateMachine', made, 'StateMachineAlreadyExists');
    const arn = stateMachineArn(name);
    await ask(ports, 'AWSStepFunctions.UpdateStateMachine', { stateMachineArn: arn, definition });
  };
  const table = { TableName: names.table, ...tableDefinition };
  await Promise.all([
    ask(ports, 'DynamoDB_20120810.CreateTable', table, 'ResourceInUseException'),
    ask(ports, 'AmazonEC2ContainerServiceV20141113.CreateCluster', { clusterName: names.cluster }),
    makeBucket(ports),
    machine('operate'),
    machine('remove'),
  ]);
}

/** Whether nobody has ever signed up here. */
export async function isEmpty(ports: Ports): Promise<boolean> {
  const answer = await ask(ports, 'DynamoDB_20120810.Scan', { TableName: names.table, Limit: 1 });
  return z.object({ Count: z.int() }).parse(answer).Count === 0;
}

/** Calls an endpoint as the platform itself. `there`: the error that says it was done before. */
export async function ask(ports: Ports, target: string, input: unknown, there?: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.endpoints}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
      authorization: AS_RUNNER,
    },
    body: JSON.stringify(input),
  });
  const answer = z.looseObject({ __type: z.string().optional() }).parse(await response.json());
  const isThere = there !== undefined && answer.__type?.endsWith(there) === true;
  if (!response.ok && !isThere) throw new Error(`${target} failed: ${JSON.stringify(answer)}`);
  return answer;
}

async function makeBucket(ports: Ports): Promise<void> {
  const address = `http://127.0.0.1:${ports.s3}/${names.bucket}`;
  const response = await fetch(address, { method: 'PUT', headers: { authorization: AS_RUNNER } });
  const answer = await response.text();
  if (!response.ok && response.status !== 409) throw new Error(`The bucket could not be made: ${answer}`);
}

const AS_RUNNER = `AWS4-HMAC-SHA256 Credential=${RUNNER}/20260101/us-east-1/local/aws4_request, SignedHeaders=host, Signature=local`;
