import { afterAll, beforeAll, expect, test } from 'vitest';
import { airflowOf } from '../support/airflow.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import { type Deployment, healthy, pathOf, remove, removed } from '../support/deployment.ts';
import { killAtEveryState } from '../support/kill.ts';
import { operations } from '../support/operations.ts';
import { orphansOf } from '../support/orphans.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { queryPostgres } from '../support/postgres.ts';
import { tracesOf } from '../support/traces.ts';

/** The steps of the workflows, each of which is interrupted. */
const STATES = [
  ...['Prepare', 'AwaitDatabase', 'Roll', 'AwaitStable', 'Publish', 'Finish'],
  ...['Stop', 'AwaitStopped', 'Drop', 'AwaitDropped', 'Clean', 'Forget'],
];

/** Two tasks that take a while, and print how far they are. */
const LONG = `
import time
from airflow.sdk import dag, task

@dag(schedule=None, is_paused_upon_creation=False)
def long():
    @task
    def work():
        time.sleep(6)

    work.override(task_id="first")() >> work.override(task_id="second")()

long()
`;
const DAGS = { ...exampleDags('hello'), 'long.py': LONG };

let platform: Platform;
/** What there is of a deployment with its DAGs, when nothing is killed. */
let undisturbed: string[];

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
  const tenant = await signUp(platform);
  const deployment = await healthy(tenant);
  await run(tenant, deployment);
  undisturbed = tracesOf(platform.home, deployment.id);
  await remove(tenant, deployment);
});
afterAll(() => platform.destroy());

test('kill -9 of the runner at every step of create, deploy and delete changes nothing', async () => {
  const tenant = await signUp(platform);
  const killing = killAtEveryState(platform);
  let killed: string[] = [];
  try {
    const deployment = await healthy(tenant);
    await run(tenant, deployment);
    expect(tracesOf(platform.home, deployment.id)).toEqual(undisturbed);
    expect(await operations(tenant, deployment)).toEqual([
      'deploy SUCCEEDED in attempt 1',
      'create SUCCEEDED in attempt 1',
    ]);
    await remove(tenant, deployment);
    expect(tracesOf(platform.home, deployment.id)).toEqual([]);
    expect(orphansOf(platform.home)).toEqual([]);
  } finally {
    killed = (await killing.stop()).flat();
  }
  expect(killed).toEqual(expect.arrayContaining(STATES));
});

test('what was acknowledged survives a kill in the very moment', async () => {
  const tenant = await signUp(platform);
  await restart();
  const deployment = await healthy(tenant);
  const id = await deploy(tenant, deployment.id, DAGS);
  await restart();
  expect(await deployed(tenant, deployment.id, id)).toBe('DEPLOYED');

  const airflow = airflowOf(tenant, deployment);
  const runId = await airflow.trigger('long');
  await airflow.task('long', runId, 'first', 'running');
  await platform.kill();
  const state = `SELECT state FROM dag_run WHERE run_id = '${runId}'`;
  await until(async () => queryPostgres(platform.home, state, `airflow_${deployment.id}`)[0] === 'success', {
    seconds: 90,
    what: () => 'the run to end while there is no runner',
  });
  await platform.start();
  const tries = (await airflow.tasks('long', runId)).map(({ try_number }) => try_number);
  expect(tries).toEqual([1, 1]);

  await tenant.client.delete(pathOf(tenant, deployment));
  await restart();
  await removed(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

/** Deploys the DAGs and waits for a run of one, and for its log, which its worker stores after the run's success. */
async function run(tenant: Tenant, deployment: Deployment): Promise<void> {
  const id = await deploy(tenant, deployment.id, DAGS);
  expect(await deployed(tenant, deployment.id, id)).toBe('DEPLOYED');
  const airflow = airflowOf(tenant, deployment);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  const isStored = (line: string) =>
    line.startsWith('row s3.db object') && line.includes('/logs/dag_id=hello');
  await until(async () => tracesOf(platform.home, deployment.id).some(isStored), {
    seconds: 60,
    what: () => "the task's log to be stored",
  });
}

async function restart(): Promise<void> {
  await platform.kill();
  await platform.start();
}
