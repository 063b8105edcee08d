import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readIfThere } from '../../local/files.ts';
import { signal, startTime } from '../../local/process.ts';
import { createClient, type Tenant } from '../support/client.ts';
import { createDeployment, created, deployments, remove, type Variable } from '../support/deployment.ts';
import { pathsUnder } from '../support/files.ts';
import { type Platform, until } from '../support/platform.ts';
import { queryPostgres } from '../support/postgres.ts';
import { killProcess, mainProcesses, processesOf } from '../support/processes.ts';
import { tracesOf } from '../support/traces.ts';
import { startUnlimited } from '../support/unlimited.ts';

let platform: Platform;
let tenant: Tenant;

beforeAll(async () => {
  ({ platform, tenant } = await startUnlimited());
});
afterAll(() => platform?.destroy());

test.each([
  ['a setting that Airflow cannot read', 'AIRFLOW__CORE__PARALLELISM', 'many', /parallelism/i],
  [
    'a logging configuration that is nowhere',
    'AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS',
    'nowhere.C',
    /nowhere/,
  ],
])('%s makes a create fail with its reason', async (name, key, value, reason) => {
  const deployment = await created(await asked(name, [{ key, value, isSecret: false }]), name);
  expect(deployment).toMatchObject({ status: 'UNHEALTHY', statusReason: expect.stringMatching(reason) });
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

test('a component that never gets healthy makes a create fail within its time', async () => {
  const name = 'frozen';
  await asked(name);
  await until(async () => stopsApiServer(), {
    seconds: 240,
    what: () => 'the api-server to start',
    every: 20,
  });
  await until(async () => ['scheduler', 'dag-processor', 'triggerer'].every(isHealthy), {
    seconds: 240,
    what: () => 'the others to be healthy',
    every: 1_000,
  });
  await until(
    async () => {
      stopsApiServer();
      await createClient(platform.url).post('/_local/clock', { advanceSeconds: 100 });
      return (await deployments(tenant)).some((other) => other.name === name && other.status === 'UNHEALTHY');
    },
    { seconds: 120, what: () => 'patience to end', every: 4_000 },
  );
  const deployment = await created(tenant, name);
  expect(deployment).toMatchObject({
    status: 'UNHEALTHY',
    statusReason: expect.stringMatching(/^Not healthy after 300 seconds. api-server /),
  });
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

test('a database that is down makes a create fail, and the delete works once it is back', async () => {
  const name = 'no database';
  const folder = join(platform.home, 'postgres');
  await rename(folder, `${folder}.away`);
  for (const { command, pid } of processesOf(platform.home)) {
    if (command.includes('/bin/postgres -D')) killProcess(pid);
  }
  const deployment = await created(await asked(name), name);
  await rename(`${folder}.away`, folder);
  expect(deployment).toMatchObject({ status: 'UNHEALTHY', statusReason: expect.stringMatching(/refused/) });
  await until(async () => answers(), { seconds: 60, what: () => 'Postgres to answer again' });
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

/** Stops the api-server that there is, for ECS starts another one; answers whether there is one. */
function stopsApiServer(): boolean {
  const { 'api-server': pid } = mainProcesses(platform.home);
  const started = pid === undefined ? undefined : startTime(pid);
  if (pid === undefined || started === undefined) return false;
  signal({ pid, startTime: started }, 'SIGSTOP');
  return true;
}

/** Whether a container of this name is healthy, as its shim says. */
function isHealthy(container: string): boolean {
  const files = pathsUnder(join(platform.home, 'tasks')).filter(
    (path) => basename(path) === `${container}.json`,
  );
  return files.some((path) => readIfThere(join(platform.home, 'tasks', path))?.includes('"HEALTHY"'));
}

async function asked(name: string, environmentVariables: Variable[] = []): Promise<Tenant> {
  const { status, body } = await createDeployment(tenant, { name, environmentVariables });
  expect({ status, body }).toMatchObject({ status: 200 });
  return tenant;
}

function answers(): boolean {
  try {
    return queryPostgres(platform.home, 'SELECT 1').length === 1;
  } catch {
    return false; // Nobody listens yet.
  }
}
