import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { type Dags, deploy, deployed, exampleDags } from '../support/deploy.ts';
import { type Deployment, deployments, healthy, pathOf, remove } from '../support/deployment.ts';
import { PATIENCE } from '../support/patience.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { mainProcesses, processesOf } from '../support/processes.ts';
import { tracesOf } from '../support/traces.ts';

/** Waits for a variable, then tells which code it ran on. */
const slow = (code: string) => `
import time
from airflow.sdk import Variable, dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def slow():
    @task
    def wait():
        while Variable.get("go", default="no") != "yes":
            time.sleep(0.5)

    @task
    def code():
        return "${code}"

    wait() >> code()

slow()
`;

let platform: Platform;
let tenant: Tenant;
let trial: Deployment;
let airflow: Airflow;
let dags: Dags = { ...exampleDags('etl'), 'slow.py': slow('first') };

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
});
afterAll(() => platform.destroy());

test('a sign-up becomes a trial with a HEALTHY deployment', async () => {
  tenant = await signUp(platform);
  await until(async () => (await deployments(tenant)).length === 1, {
    seconds: 20,
    what: () => 'the deployment of the trial to be listed',
  });
  trial = await healthy(tenant);
  airflow = airflowOf(tenant, trial);
});

test('a deploy of the example runs both of its DAGs', async () => {
  expect(await deployed(tenant, trial.id, await deploy(tenant, trial.id, dags))).toBe('DEPLOYED');
  const run = await airflow.ran('planets', 'success');
  const tasks = await airflow.tasks('planets', run);
  expect(tasks.filter(({ task_id }) => task_id === 'transform')).toHaveLength(3);
  expect(tasks.find(({ task_id }) => task_id === 'observatory')?.try_number).toBe(2);
  expect(tasks.filter(({ state }) => state === 'skipped')).toHaveLength(1);
  const summary = await airflow.ran('planets_summary', 'success');
  expect(await airflow.returned('planets_summary', summary, 'summary')).toEqual(expect.any(String));
});

test('a run in flight ends on its code; the next one has the new code; nothing was restarted', async () => {
  const before = mainProcesses(platform.home);
  const inFlight = await airflow.trigger('slow');
  await airflow.task('slow', inFlight, 'wait', 'running');
  dags = { ...dags, 'slow.py': slow('second') };
  expect(await deployed(tenant, trial.id, await deploy(tenant, trial.id, dags))).toBe('DEPLOYED');
  await airflow.setVariable('go', 'yes');
  await until(
    async () => {
      const run = await airflow.trigger('slow');
      await airflow.ran('slow', 'success', run);
      return (await airflow.returned('slow', run, 'code')) === 'second';
    },
    { seconds: 400, what: () => 'a run on the new code' },
  );
  await airflow.ran('slow', 'success', inFlight);
  expect(await airflow.returned('slow', inFlight, 'code')).toBe('first');
  expect(mainProcesses(platform.home)).toEqual(before);
});

test('a DAG with a syntax error shows its import error, and the others still run', async () => {
  dags = { ...dags, 'broken.py': 'from airflow.sdk import dag\n\ndef broken(:\n' };
  await deployed(tenant, trial.id, await deploy(tenant, trial.id, dags));
  await until(async () => (await airflow.importErrors()).length === 1, {
    seconds: 60,
    what: () => 'the import error',
  });
  expect((await airflow.importErrors())[0]).toMatchObject({
    filename: expect.stringContaining('broken.py'),
    stack_trace: expect.stringContaining('SyntaxError'),
  });
  await airflow.ran('slow', 'success', await airflow.trigger('slow'));
});

test.each(['scheduler', 'dag-processor', 'triggerer', 'apiserver', 'worker'])(
  'the log of the %s is read',
  async (source) => {
    const path = `${pathOf(tenant, trial)}/logs?sources=${source}`;
    const { status, body } = await tenant.client.get(path);
    expect(status).toBe(200);
    const { results } = z
      .object({ results: z.array(z.object({ raw: z.string(), source: z.string() })) })
      .parse(body);
    expect(results.length).toBeGreaterThan(0);
    expect(new Set(results.map((line) => line.source))).toEqual(new Set([source]));
  },
);

test('the log of a task is read through Airflow', async () => {
  const run = await airflow.ran('planets', 'success');
  expect(await airflow.taskLog('planets', run, 'load')).toContain('8 planets, the observatory agrees');
});

test('Ctrl-C leaves no process; the next start is quick and finds everything', async () => {
  await platform.stop();
  expect(processesOf(platform.home)).toEqual([]);
  const started = performance.now();
  await platform.start();
  expect(performance.now() - started).toBeLessThan(30_000 * PATIENCE);
  expect((await healthy(tenant)).id).toBe(trial.id);
  await airflow.ran('slow', 'success', await airflow.trigger('slow'));
});

test('a delete leaves nothing behind', async () => {
  await remove(tenant, trial);
  expect(tracesOf(platform.home, trial.id)).toEqual([]);
});
