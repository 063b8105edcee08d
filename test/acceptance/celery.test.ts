import { afterAll, beforeAll, expect, test } from 'vitest';
import { Planned } from '../../core/operation/view.ts';
import { type Airflow, airflowOf } from '../support/airflow.ts';
import { createClient, type Tenant } from '../support/client.ts';
import { type Dags, deploy, deployed, exampleDags } from '../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  type Deployment,
  healthy,
  pathOf,
  remove,
} from '../support/deployment.ts';
import { filesWith } from '../support/files.ts';
import { LONG_DAG } from '../support/long-dag.ts';
import { type Platform, until } from '../support/platform.ts';
import { mainProcesses, processesOf, variableOf } from '../support/processes.ts';
import { queue } from '../support/queues.ts';
import { tracesOf } from '../support/traces.ts';
import { startUnlimited } from '../support/unlimited.ts';

/** Four tasks for a worker that has one at a time, of which Airflow holds back two; they end once a variable says so. */
const EMPTIED = `
import time
from airflow.sdk import Variable, dag, task

@dag(schedule=None, is_paused_upon_creation=False, max_active_tasks=2)
def emptied():
    @task(queue="big")
    def work(number):
        while Variable.get("empty", default="no") != "yes":
            time.sleep(0.5)

    work.expand(number=[1, 2, 3, 4])

emptied()
`;

const DEFAULT = queue({ minWorkerCount: 1, maxWorkerCount: 1 });
const BIG = { ...DEFAULT, name: 'big', isDefault: false, workerConcurrency: 1 };

/** Takes more memory than a worker on the machine A5 has. */
const GREEDY = `
import time
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def greedy():
    @task
    def takes_all():
        block = bytearray(2560 * 1024 * 1024)
        time.sleep(60)

    takes_all()

greedy()
`;

const dags: Dags = {
  ...exampleDags('hello'),
  'long.py': LONG_DAG,
  'emptied.py': EMPTIED,
  'greedy.py': GREEDY,
};
let platform: Platform;
let tenant: Tenant;
let deployment: Deployment;
let airflow: Airflow;
/** How often `long` was run: each of its tasks is begun once. */
let runs = 0;

beforeAll(async () => {
  ({ platform, tenant } = await startUnlimited());
});
afterAll(() => platform?.destroy());

test('a deployment with the executor CELERY becomes HEALTHY, runs a DAG, and shows its log', async () => {
  const workerQueues = [DEFAULT, BIG];
  const { status } = await createDeployment(tenant, { name: 'celery', executor: 'CELERY', workerQueues });
  expect(status).toBe(200);
  deployment = await healthy(tenant, 'celery');
  expect(deployment).toMatchObject({ executor: 'CELERY' });
  airflow = airflowOf(tenant, deployment);
  expect(await deployed(tenant, deployment.id, await deploy(tenant, deployment.id, dags))).toBe('DEPLOYED');
  const run = await airflow.trigger('hello');
  await airflow.ran('hello', 'success', run);
  // A worker stores the log after the run's success.
  await until(async () => (await airflow.taskLog('hello', run, 'greet')).includes('hello from a task'), {
    seconds: 30,
    what: () => "the task's log",
  });
});

test('the log of a task that runs is shown, and its end leaves the whole log alone', async () => {
  const run = await airflow.trigger('long');
  await airflow.task('long', run, 'work', 'running');
  await until(async () => (await airflow.taskLog('long', run, 'work')).includes('Filling up the DagBag'), {
    seconds: 60,
    what: () => 'the log of the task that runs',
  });
  await airflow.setVariable('go', 'yes');
  await airflow.ran('long', 'success', run);
  runs += 1;
  const logs = () =>
    tracesOf(platform.home, deployment.id).filter(
      (line) => line.startsWith('row s3.db object') && line.includes('/logs/dag_id=long'),
    );
  await until(async () => logs().length === 1 && !logs().join().includes('.running'), {
    seconds: 30,
    what: () => `the log alone to be stored, not ${logs().join('\n')}`,
  });
});

test('a task that takes too much memory is stopped, and the deployment says which it was', async () => {
  const run = await airflow.trigger('greedy');
  await airflow.ran('greedy', 'failed', run);
  const path = pathOf(tenant, deployment);
  const reasonOf = async () => (await healthy(tenant, 'celery')).statusReason ?? '';
  await until(async () => (await reasonOf()) !== '', { seconds: 30, what: () => 'the reason' });
  expect(await reasonOf()).toMatch(
    `, running the task takes_all of the DAG greedy in the run ${run}. Give the queue a larger machine`,
  );
  expect(await reasonOf()).toMatch(/^A worker of the queue default of 2Gi ran out of memory at \S+Z, /);
  const { body } = await tenant.client.get(`${alphaOf(tenant, deployment)}/timeline`);
  expect(body).toMatchObject({
    timeline: expect.arrayContaining([
      expect.objectContaining({
        kind: 'outOfMemory',
        component: 'worker',
        queue: 'default',
        dagId: 'greedy',
        taskId: 'takes_all',
        runId: run,
      }),
    ]),
  });
  const logs = await tenant.client.get(`${path}/logs?sources=worker&searchText=OutOfMemoryError`);
  expect(logs.body).toMatchObject({ resultCount: 1 });
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
});

test('its passwords are nowhere on disk', () => {
  const { worker } = mainProcesses(platform.home);
  if (worker === undefined) throw new Error('There is no worker');
  for (const name of ['WINDSOCK_BROKER_PASSWORD', 'WINDSOCK_RESULT_PASSWORD']) {
    const password = variableOf(worker, name);
    if (password === undefined) throw new Error(`The worker is not told ${name}`);
    expect(filesWith(platform.home, password)).toEqual([]);
    expect(platform.output()).not.toContain(password);
  }
});

test('the plan tells what is in a queue that goes, and its worker ends all of it before it goes', async () => {
  const run = await airflow.trigger('emptied');
  const states = async () => (await airflow.tasks('emptied', run)).map(({ state }) => state).sort();
  await until(async () => (await states()).join() === 'queued,running,scheduled,scheduled', {
    seconds: 120,
    what: () => 'one task to run and three to wait',
  });
  const path = pathOf(tenant, deployment);
  const removal = { workerQueues: [DEFAULT] };
  let planned: unknown;
  await until(
    async () => {
      ({ body: planned } = await tenant.client.post(`${path}?dryRun=plan`, removal));
      return Planned.parse(planned).queueTasks?.status === 'COUNTED';
    },
    { seconds: 60, what: () => "Airflow to tell the queue's tasks" },
  );
  expect(planned).toMatchObject({
    plan: { components: { drained: ['worker-big-1'] }, tasksAtRisk: ['big'] },
    queueTasks: { status: 'COUNTED', queues: [{ queue: 'big', running: 1, queued: 3, later: 0 }] },
  });

  expect((await tenant.client.post(path, removal)).status).toBe(200);
  expect(await healthy(tenant, 'celery')).toMatchObject({ drainingComponents: ['worker-big-1'] });
  await airflow.setVariable('empty', 'yes');
  await airflow.ran('emptied', 'success', run);
  const tries = (await airflow.tasks('emptied', run)).map(({ try_number }) => try_number);
  expect(tries).toEqual([1, 1, 1, 1]);
  await until(
    async () => {
      await createClient(platform.url).post('/_local/clock', { advanceSeconds: 60 });
      const { drainingComponents } = await healthy(tenant, 'celery');
      return Array.isArray(drainingComponents) && drainingComponents.length === 0;
    },
    { seconds: 90, what: () => 'the worker of the queue to be gone', every: 4_000 },
  );
});

test.each(['ASTRO', 'CELERY'])(
  'a task that runs outlives a change of the executor to %s, and the next one runs on that',
  async (executor) => {
    await airflow.deleteVariable('go');
    const run = await airflow.trigger('long');
    await airflow.task('long', run, 'work', 'running');
    const changed = await tenant.client.post(pathOf(tenant, deployment), { executor });
    expect(changed).toMatchObject({ status: 200, body: { executor } });
    await until(async () => (await healthy(tenant, 'celery')).status === 'HEALTHY' && areOf(executor), {
      seconds: 240,
      what: () => `workers of the executor ${executor} alone to take tasks`,
    });
    const next = await airflow.trigger('hello');
    await airflow.ran('hello', 'success', next);

    expect((await airflow.task('long', run, 'work', 'running')).try_number).toBe(1);
    await airflow.setVariable('go', 'yes');
    await airflow.ran('long', 'success', run);
    runs += 1;
    expect(await airflow.returned('long', run, 'work')).toEqual([runs, '3.3.2']);
  },
);

test('a delete leaves nothing of it', async () => {
  await remove(tenant, deployment);
  expect(await tracesOf(platform.home, deployment.id)).toEqual([]);
});

/** Whether every scheduler that runs is of this executor, and a worker of it is there. */
function areOf(executor: string): boolean {
  const processes = processesOf(platform.home).filter(({ isShim }) => !isShim);
  const executors = (container: string) =>
    new Set(
      processes
        .filter((process) => process.container === container)
        .map(({ pid }) => variableOf(pid, 'WINDSOCK_EXECUTOR')),
    );
  return [...executors('scheduler')].join() === executor && executors('worker').has(executor);
}
