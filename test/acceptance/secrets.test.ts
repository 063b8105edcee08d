import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { airflowOf } from '../support/airflow.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed } from '../support/deploy.ts';
import {
  createDeployment,
  type Deployment,
  healthy,
  leaveTrial,
  pathOf,
  remove,
} from '../support/deployment.ts';
import { filesWith } from '../support/files.ts';
import { createPlatform, type Platform } from '../support/platform.ts';

/** Uses both secrets, and prints neither. */
const DAG = `
import os
from airflow.sdk import BaseHook, dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def secretive():
    @task
    def use():
        return [len(os.environ["SECRET"]), len(BaseHook.get_connection("warehouse").password)]

    use()

secretive()
`;

const secret = randomBytes(20).toString('hex');
const connectionPassword = randomBytes(20).toString('hex');

let platform: Platform;
let tenant: Tenant;
let deployment: Deployment;

/** What the platform writes outside its data folder. */
const temporary = mkdtempSync(join(tmpdir(), 'windsock-temporary-'));

beforeAll(async () => {
  platform = await createPlatform();
  vi.stubEnv('TMPDIR', temporary);
  await platform.start();
});
afterAll(async () => {
  await platform.destroy();
  rmSync(temporary, { recursive: true });
});

test.each([0, 1, 2])('a secret is found in base64 after %i other bytes, and in a gzip file', (before) => {
  const encoded = Buffer.from(`${'x'.repeat(before)}${secret} and more`).toString('base64');
  const file = join(temporary, 'planted');
  for (const content of [secret, encoded, gzipSync(encoded)]) {
    writeFileSync(file, content);
    expect(filesWith(temporary, secret)).toEqual(['planted']);
  }
  rmSync(file);
});

test('a secret variable reaches the DAG, and nothing else ever shows it', async () => {
  tenant = await signUp(platform);
  await leaveTrial(platform, tenant);
  const environmentVariables = [{ key: 'SECRET', value: secret, isSecret: true }];
  const created = await createDeployment(tenant, { name: 'secretive', environmentVariables });
  expect(JSON.stringify(created)).not.toContain(secret);
  deployment = await healthy(tenant, 'secretive');
  await deployed(tenant, deployment.id, await deploy(tenant, deployment.id, { 'secretive.py': DAG }));
  const airflow = airflowOf(tenant, deployment);
  await airflow.setConnection('warehouse', connectionPassword);
  const run = await airflow.trigger('secretive');
  await airflow.ran('secretive', 'success', run);
  expect(await airflow.returned('secretive', run, 'use')).toEqual([secret.length, connectionPassword.length]);

  const path = pathOf(tenant, deployment);
  const sources =
    'sources=scheduler&sources=dag-processor&sources=triggerer&sources=apiserver&sources=worker';
  const answers = await Promise.all(
    [path, `${path}/logs?${sources}&limit=5000`, `${path.replace('v1', 'v1alpha1')}/operations`].map(
      async (read) => JSON.stringify(await tenant.client.get(read)),
    ),
  );
  for (const answer of [...answers, platform.output()]) expect(answer).not.toContain(secret);
  expect([secret, connectionPassword].flatMap(found)).toEqual([]);
});

test("a person's password and token are kept nowhere as they are", () => {
  expect([tenant.password, tenant.token].flatMap(found)).toEqual([]);
});

test("what the platform's own secrets hold is on disk in their owner's files alone", async () => {
  const operatorToken = await platform.operatorToken();
  expect(found(operatorToken)).toEqual(['operator-token']);
});

test('a deleted secret is gone', async () => {
  await remove(tenant, deployment);
  expect(found(secret)).toEqual([]);
});

const found = (text: string) => [platform.home, temporary].flatMap((folder) => filesWith(folder, text));
