import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Planned } from '../../core/operation/view.ts';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import type { Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import { createDeployment, type Deployment, healthy, pathOf, remove } from '../support/deployment.ts';
import { LONG_DAG } from '../support/long-dag.ts';
import type { Platform } from '../support/platform.ts';
import { tracesOf } from '../support/traces.ts';
import { startUnlimited } from '../support/unlimited.ts';

const MARKER = 'planted-marker-value';

let platform: Platform;
let tenant: Tenant;
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
  const dags = { ...exampleDags('hello'), 'long.py': LONG_DAG };
  expect(await deployed(tenant, deployment.id, await deploy(tenant, deployment.id, dags))).toBe('DEPLOYED');
  run = await airflow.trigger('long');
  await airflow.task('long', run, 'work', 'running');
  ({ runningRevision: first } = await healthy(tenant, 'updated'));
});
afterAll(() => platform?.destroy());

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

test('a runtime version is updated while a task runs, which ends where it runs', async () => {
  expect(await airflowVersion()).toBe('3.3.1');
  const request = { astroRuntimeVersion: '3.3-2' };
  const { plan } = Planned.parse(
    (await tenant.client.post(`${pathOf(tenant, deployment)}?dryRun=plan`, request)).body,
  );
  expect(plan).toMatchObject({
    components: { restarted: ['control', 'api'], drained: ['worker-default-1'] },
    tasksAtRisk: [],
  });
  await change(request);
  expect(await healthy(tenant, 'updated')).toMatchObject({
    astroRuntimeVersion: '3.3-2',
    airflowVersion: '3.3.2',
  });
  expect(await lastOperation()).toMatchObject({ kind: 'update', status: 'SUCCEEDED', plan });
  expect(await airflowVersion()).toBe('3.3.2');
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
  await airflow.setVariable('go', 'yes');
  await airflow.ran('long', 'success', run);
  expect(await airflow.returned('long', run, 'work')).toEqual([1, '3.3.1']);
});

test('going back to the revision before takes its version back too', async () => {
  const path = `${alpha()}/revisions/${first}/rollback`;
  const { plan } = Planned.parse((await tenant.client.post(`${path}?dryRun=plan`, {})).body);
  expect(plan.components.restarted).toEqual(['control', 'api']);
  expect((await tenant.client.post(path, {})).status).toBe(200);
  expect(await healthy(tenant, 'updated')).toMatchObject({ astroRuntimeVersion: '3.3-1' });
  expect(await lastOperation()).toMatchObject({ status: 'SUCCEEDED', plan });
  expect(await airflowVersion()).toBe('3.3.1');
  await airflow.ran('long', 'success', await airflow.trigger('long'));
});

test('a delete leaves nothing of it', async () => {
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

const alpha = () => pathOf(tenant, deployment).replace('/v1/', '/v1alpha1/');

async function change(request: object): Promise<void> {
  const { status, body } = await tenant.client.post(pathOf(tenant, deployment), request);
  expect(status, JSON.stringify(body)).toBe(200);
}

async function lastOperation(): Promise<unknown> {
  const { body } = await tenant.client.get(`${alpha()}/operations`);
  return z.object({ operations: z.array(z.unknown()) }).parse(body).operations[0];
}

/** The version of the Airflow that answers. */
async function airflowVersion(): Promise<string> {
  const { body } = await tenant.client.get(`/${deployment.namespace}/api/v2/version`);
  return z.object({ version: z.string() }).parse(body).version;
}
