import { afterAll, beforeAll, expect, test } from 'vitest';
import { airflowOf } from '../support/airflow.ts';
import { ask, isAtRest, seen } from '../support/changing.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  type Deployment,
  healthy,
  leaveTrial,
  pathOf,
  remove,
  removed,
} from '../support/deployment.ts';
import { killAtEveryState, statesOf } from '../support/kill.ts';
import { LONG_DAG } from '../support/long-dag.ts';
import { operations } from '../support/operations.ts';
import { orphansOf } from '../support/orphans.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { queryPostgres } from '../support/postgres.ts';
import { tracesOf } from '../support/traces.ts';

/** The steps of the create, the deploy and the delete, each of which is interrupted. */
const STATES = [
  ...['1 Prepare', '1 AwaitDatabase', '1 Roll', '1 AwaitStable', '1 Publish', '1 Finish'],
  ...['2 Publish', '2 Finish'],
  ...['3 Stop', '3 AwaitStopped', '3 Drop', '3 AwaitDropped', '3 Clean', '3 Forget'],
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
  await killedAtAll(STATES, async () => {
    const tenant = await signUp(platform);
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
  });
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

test('kill -9 of the runner at every step of updates, one of them put back, and of a rollback loses no task', async () => {
  const tenant = await signUp(platform);
  await leaveTrial(platform, tenant);
  await createDeployment(tenant, { name: 'changing' });
  const deployment = await healthy(tenant, 'changing');
  const dags = { ...DAGS, 'long.py': LONG_DAG };
  expect(await deployed(tenant, deployment.id, await deploy(tenant, deployment.id, dags))).toBe('DEPLOYED');
  const airflow = airflowOf(tenant, deployment);
  const runId = await airflow.trigger('long');
  await airflow.task('long', runId, 'work', 'running');
  const { runningRevision } = await atRest(tenant, deployment);
  const path = pathOf(tenant, deployment);
  const states = ['Prepare', 'Roll', 'AwaitStable', 'PutBack', 'Publish', 'Finish'];
  await killedAtAll(states, async () => {
    await ask(tenant, path, { environmentVariables: [variable('AIRFLOW__CORE__PARALLELISM', 'many')] });
    await seen(tenant, path, (now) => now.runningOperation !== undefined && now.waitingIntents === 0);
    await ask(tenant, path, { environmentVariables: [variable('COLOUR', 'red')] });
    await ask(tenant, path, { schedulerSize: 'MEDIUM' });
    expect(await atRest(tenant, deployment)).toMatchObject({
      schedulerSize: 'MEDIUM',
      environmentVariables: [{ key: 'COLOUR', value: 'red' }],
    });
    await airflow.ran('hello', 'success', await airflow.trigger('hello'));
    await ask(tenant, `${alphaOf(tenant, deployment)}/revisions/${runningRevision}/rollback`, {});
    expect(await atRest(tenant, deployment)).toMatchObject({
      schedulerSize: 'SMALL',
      environmentVariables: [],
    });
  });
  // A rollback is an update, too. What is asked again since its answer was lost is one that changes nothing.
  const made = (await operations(tenant, deployment)).map((operation) => operation.split(' in ')[0]);
  expect(made.filter((operation, at) => operation !== made[at - 1]).slice(0, 2)).toEqual([
    'update SUCCEEDED',
    'update FAILED',
  ]);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  expect((await airflow.task('long', runId, 'work', 'running')).try_number).toBe(1);
  await airflow.setVariable('go', 'yes');
  await airflow.ran('long', 'success', runId);
  expect(await airflow.returned('long', runId, 'work')).toEqual([1, '3.3.2']);
  expect(orphansOf(platform.home)).toEqual([]);
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

/**
 * Does the work while the runner is killed at each state of the workflows; again when one of these was not met, for a
 * state may be left before it is seen.
 */
async function killedAtAll(states: readonly string[], work: () => Promise<void>): Promise<void> {
  const killed = new Set<string>();
  while (!states.every((state) => killed.has(state))) {
    const killing = killAtEveryState(platform);
    try {
      await work();
    } finally {
      for (const state of statesOf(await killing.stop())) killed.add(state);
    }
  }
}

const variable = (key: string, value: string) => ({ key, value, isSecret: false });

/** Waits until nothing is done to the deployment any more, and all is well. */
async function atRest(tenant: Tenant, deployment: Deployment) {
  const rested = await seen(tenant, pathOf(tenant, deployment), isAtRest, 420);
  expect(rested.status).toBe('HEALTHY');
  return rested;
}

/** Deploys the DAGs and waits for a run of one, and for its log, which its worker stores after the run's success. */
async function run(tenant: Tenant, deployment: Deployment): Promise<void> {
  const id = await deploy(tenant, deployment.id, DAGS);
  expect(await deployed(tenant, deployment.id, id)).toBe('DEPLOYED');
  const airflow = airflowOf(tenant, deployment);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  const isStored = (line: string) =>
    line.startsWith('row s3.db object') && line.includes('/logs/dag_id=hello') && !line.includes('.running');
  await until(async () => tracesOf(platform.home, deployment.id).some(isStored), {
    seconds: 60,
    what: () => "the task's log to be stored",
  });
}

async function restart(): Promise<void> {
  await platform.kill();
  await platform.start();
}
