import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Operation, Planned } from '../../core/operation/view.ts';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import { ask } from '../support/changing.ts';
import type { Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  type Deployment,
  healthy,
  pathOf,
  remove,
} from '../support/deployment.ts';
import { LONG_DAG } from '../support/long-dag.ts';
import { type Owner, ownerOf } from '../support/owner.ts';
import { PATIENCE } from '../support/patience.ts';
import { type Platform, until } from '../support/platform.ts';
import { processesOf } from '../support/processes.ts';
import { queue } from '../support/queues.ts';
import { tracesOf } from '../support/traces.ts';
import { startUnlimited } from '../support/unlimited.ts';

const MARKER = 'planted-marker-value';

/** A DAG of one task that returns what the expression is. */
const dagThatReturns = (dagId: string, expression: string, queue = 'default') => `
import os
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def ${dagId}():
    @task(queue="${queue}")
    def work():
        return ${expression}

    work()

${dagId}()
`;

const DAGS = {
  ...exampleDags('hello'),
  'long.py': LONG_DAG,
  'on_big.py': dagThatReturns('on_big', 'os.environ["WINDSOCK_QUEUE"]', 'big'),
  'on_large.py': dagThatReturns('on_large', 'os.environ["WINDSOCK_QUEUE"]', 'large'),
};

const DEFAULT = queue({ minWorkerCount: 1, maxWorkerCount: 1 });

const Deployed = z.object({
  workerQueues: z.array(z.looseObject({ podCpu: z.string(), podMemory: z.string() })),
});

let platform: Platform;
let tenant: Tenant;
let owner: Owner;
let deployment: Deployment;
let airflow: Airflow;
let run: string;
/** The revision that a task has run on since the start. */
let first: unknown;

beforeAll(async () => {
  ({ platform, tenant } = await startUnlimited());
  const { status } = await createDeployment(tenant, { name: 'updated', astroRuntimeVersion: '3.3-1' });
  expect(status).toBe(200);
  deployment = await healthy(tenant, 'updated');
  airflow = airflowOf(tenant, deployment);
  owner = ownerOf(platform.home);
  expect(await deployed(tenant, deployment.id, await deploy(tenant, deployment.id, DAGS))).toBe('DEPLOYED');
  run = await airflow.trigger('long');
  await airflow.task('long', run, 'work', 'running');
  ({ runningRevision: first } = await healthy(tenant, 'updated'));
});
afterAll(async () => {
  owner?.destroy();
  await platform?.destroy();
});

test("a variable that breaks Airflow's configuration is put back, with what the log says of it", async () => {
  const before = await healthy(tenant, 'updated');
  const broken = { key: 'AIRFLOW__CORE__PARALLELISM', value: 'many', isSecret: false };
  const secret = { key: 'TOKEN', value: MARKER, isSecret: true };
  await change({ environmentVariables: [broken, secret] });
  const after = await healthy(tenant, 'updated');
  const reason = expect.stringMatching(/ended with exit code .* Its log says: .*parallelism/i);
  expect(after).toMatchObject({
    statusReason: reason,
    runningRevision: before.runningRevision,
    environmentVariables: [],
  });
  expect(await lastOperation()).toMatchObject({ kind: 'update', status: 'FAILED', reason });
  expect(JSON.stringify(after)).not.toContain(MARKER);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
});

test('sizes and high availability change while a task runs, with the processes that they mean', async () => {
  expect(webWorkers()).toBe(0);
  await changesAsPlanned({ schedulerSize: 'MEDIUM', isHighAvailability: true });
  expect([processes('scheduler'), processes('api-server')]).toEqual([2, 2]);
  expect(webWorkers()).toBe(4);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  await changesAsPlanned({ schedulerSize: 'SMALL', isHighAvailability: false });
  expect([processes('scheduler'), processes('api-server')]).toEqual([1, 1]);
  expect(webWorkers()).toBe(0);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
});

test('a description takes no operation, and the most workers of a queue one that restarts nothing', async () => {
  const before = await lastOperation();
  const request = { description: 'nightly' };
  const planned = await tenant.client.post(`${pathOf(tenant, deployment)}?dryRun=plan`, request);
  expect(Planned.parse(planned.body).plan.expectedSeconds).toBe(0);
  await change(request);
  expect(await lastOperation()).toEqual(before);
  const { components } = await changesAsPlanned({ workerQueues: [{ ...DEFAULT, maxWorkerCount: 2 }] });
  expect(Object.values(components).flat()).toEqual([]);
});

test('a queue is added, renamed and given another machine, and has the tasks of its name', async () => {
  await changesAsPlanned({ workerQueues: [DEFAULT, { ...DEFAULT, name: 'big', isDefault: false }] });
  await airflow.ran('on_big', 'success', await airflow.trigger('on_big'));
  const { workerQueues } = Deployed.parse(await healthy(tenant, 'updated'));
  const [kept, big] = workerQueues.map(({ podCpu: _, podMemory: __, ...queue }) => queue);
  await changesAsPlanned({ workerQueues: [kept, { ...big, name: 'large', astroMachine: 'A10' }] });
  const ran = await airflow.trigger('on_large');
  await airflow.ran('on_large', 'success', ran);
  expect(await airflow.returned('on_large', ran, 'work')).toBe('large');
  const services = Object.entries(await owner.services(deployment.id));
  const large = services.filter(([name]) => name.startsWith('worker-large-')).map(([, service]) => service);
  expect(large).toMatchObject([{ memory: '4096', cpu: '2048' }]);
  await changesAsPlanned({ workerQueues: [kept] });
});

test('a deploy is rolled back to by itself, and what runs is its code', async () => {
  const versioned = (version: string) => ({
    ...DAGS,
    'versioned.py': dagThatReturns('versioned', `"${version}"`),
  });
  const deployIds: string[] = [];
  for (const version of ['one', 'two']) {
    deployIds.push(await deploy(tenant, deployment.id, versioned(version)));
    expect(await deployed(tenant, deployment.id, deployIds.at(-1) ?? '')).toBe('DEPLOYED');
    await runsVersion(version);
  }
  const rollback = `${pathOf(tenant, deployment)}/deploys/${deployIds[0]}/rollback`;
  const body = await ask(tenant, rollback, {});
  expect(await deployed(tenant, deployment.id, z.object({ id: z.string() }).parse(body).id)).toBe('DEPLOYED');
  await runsVersion('one');
  expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
});

test('a runtime version is updated while a task runs, which ends where it runs', async () => {
  expect(await airflowVersion()).toBe('3.3.1');
  const { components, tasksAtRisk } = await changesAsPlanned({ astroRuntimeVersion: '3.3-2' });
  expect({ components, tasksAtRisk }).toMatchObject({
    components: { restarted: ['control', 'api'], drained: [expect.stringMatching(/^worker-default-/)] },
    tasksAtRisk: [],
  });
  expect(await healthy(tenant, 'updated')).toMatchObject({
    astroRuntimeVersion: '3.3-2',
    airflowVersion: '3.3.2',
  });
  expect(await airflowVersion()).toBe('3.3.2');
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
  await airflow.setVariable('go', 'yes');
  await airflow.ran('long', 'success', run);
  expect(await airflow.returned('long', run, 'work')).toEqual([1, '3.3.1']);
  // Workers and api-servers of two versions meet while they are replaced.
  const refused = `${pathOf(tenant, deployment)}/logs?sources=worker&searchText=${encodeURIComponent('Version mismatch')}`;
  expect((await tenant.client.get(refused)).body).toMatchObject({ results: [] });
});

test('going back to the revision before takes its version back too', async () => {
  const path = `${alpha()}/revisions/${first}/rollback`;
  const { plan } = Planned.parse((await tenant.client.post(`${path}?dryRun=plan`, {})).body);
  expect(plan.components.restarted).toEqual(['control', 'api']);
  expect((await tenant.client.post(path, {})).status).toBe(200);
  expect(await healthy(tenant, 'updated')).toMatchObject({ astroRuntimeVersion: '3.3-1' });
  const operation = await lastOperation();
  expect(operation).toMatchObject({ status: 'SUCCEEDED', plan });
  tookAsLongAsPlanned(operation);
  expect(await airflowVersion()).toBe('3.3.1');
  await airflow.ran('long', 'success', await airflow.trigger('long'));
});

test('a delete leaves nothing of it', async () => {
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

const alpha = () => alphaOf(tenant, deployment);

async function change(request: object): Promise<void> {
  await ask(tenant, pathOf(tenant, deployment), request);
}

/** Changes it, and waits until that is made as it was planned; answers the plan. */
async function changesAsPlanned(request: object) {
  const planned = await tenant.client.post(`${pathOf(tenant, deployment)}?dryRun=plan`, request);
  const { plan } = Planned.parse(planned.body);
  await change(request);
  expect((await healthy(tenant, 'updated')).statusReason).toBeUndefined();
  const operation = await lastOperation();
  expect(operation).toMatchObject({ kind: 'update', status: 'SUCCEEDED', plan });
  tookAsLongAsPlanned(operation);
  return plan;
}

/** A plan's seconds are of a quiet machine with two processors, which `bench change` compares with what it took. */
function tookAsLongAsPlanned({ plan: { expectedSeconds }, createdAt, endedAt = '' }: Operation): void {
  const seconds = (Date.parse(endedAt) - Date.parse(createdAt)) / 1000;
  expect(seconds).toBeGreaterThan((expectedSeconds - 5) / PATIENCE);
  expect(seconds).toBeLessThan((expectedSeconds + 5) * PATIENCE);
}

/** How many containers of this name run. */
function processes(container: string): number {
  return processesOf(platform.home).filter((process) => process.container === container && process.isShim)
    .length;
}

/** How many processes of api-servers answer requests, beside the one that started them; none when it does that. */
function webWorkers(): number {
  const servers = processesOf(platform.home).filter(({ container }) => container === 'api-server');
  return servers.filter(({ command }) => command.includes('spawn_main')).length;
}

/** Waits until new runs are of this version's code. */
async function runsVersion(version: string): Promise<void> {
  let last: unknown;
  await until(
    async () => {
      const versioned = await airflow.trigger('versioned');
      await airflow.ran('versioned', 'success', versioned);
      last = await airflow.returned('versioned', versioned, 'work');
      return last === version;
    },
    { seconds: 240, what: () => `a run of ${version}; the last one was of ${last}` },
  );
}

async function lastOperation(): Promise<Operation> {
  const { body } = await tenant.client.get(`${alpha()}/operations`);
  const [last] = z.object({ operations: z.tuple([Operation]).rest(z.unknown()) }).parse(body).operations;
  return last;
}

/** The version of the Airflow that answers. */
async function airflowVersion(): Promise<string> {
  const { body } = await tenant.client.get(`/${deployment.namespace}/api/v2/version`);
  return z.object({ version: z.string() }).parse(body).version;
}
