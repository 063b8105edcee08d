import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tenant } from '../test/support/client.ts';
import { type Dags, deploy } from '../test/support/deploy.ts';
import { remove } from '../test/support/deployment.ts';
import type { Airflow } from './support/airflow.ts';
import { startBareComponents } from './support/bare-components.ts';
import { airflowOf, createHealthy, tenantOnUsedPlatform } from './support/deployment.ts';
import { type Platform, withPlatform } from './support/platform.ts';
import { median } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

const DAGS = 300;
const RUNS = 60;
/** Tasks that the one worker of every side runs at once. */
const CONCURRENCY = 4;

/** Airflow's own values of what the platform sets otherwise and a user may set back. */
const AIRFLOW_DEFAULTS = {
  AIRFLOW__CORE__PARALLELISM: '32',
  AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '30',
  AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: '2',
  AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL: '5',
  AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS: '3',
  AIRFLOW__WORKERS__EXECUTION_API_RETRIES: '5',
  AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX: '90',
};

/** Seconds. */
interface Times {
  /** From the deploy, or the start of Airflow by itself, until all DAGs are listed. */
  readonly listed: number;
  /** From the first trigger until all runs have succeeded. */
  readonly ran: number;
}

const small = (number: number) => `
from airflow.sdk import dag, task

@dag(dag_id="small_${number}", schedule=None, is_paused_upon_creation=False)
def small():
    @task
    def first():
        return ${number}

    @task
    def second(value):
        return value

    second(first())

small()
`;

/**
 * 60 runs of two tasks among 300 DAGs with one worker: a deployment, one whose variables set Airflow's defaults back,
 * and Airflow by itself with the same components, executor and Postgres and its own defaults; in turn.
 */
export async function throughput(rounds: number): Promise<void> {
  const dags: Dags = Object.fromEntries(
    Array.from({ length: DAGS }, (_, number) => [`small_${number}.py`, small(number)]),
  );
  await withPlatform(async (platform) => {
    const tenant = await tenantOnUsedPlatform(platform);
    const sides: Readonly<Record<string, () => Promise<Times>>> = {
      'a deployment': () => inDeployment(platform, tenant, dags, {}),
      "a deployment with Airflow's defaults as its variables": () =>
        inDeployment(platform, tenant, dags, AIRFLOW_DEFAULTS),
      'Airflow by itself, with its defaults': () => byItself(platform, dags),
    };
    const measured = new Map<string, Times[]>();
    for (let round = 1; round <= rounds; round++) {
      for (const [side, measure] of Object.entries(sides)) {
        const times = await measure();
        measured.set(side, [...(measured.get(side) ?? []), times]);
        say(`  round ${round}, ${side}: ${JSON.stringify(times)}`);
      }
    }
    const rows = [...measured].map(([side, times]) => [
      side,
      median(times.map(({ listed }) => listed)).toFixed(1),
      median(times.map(({ ran }) => ran)).toFixed(1),
    ]);
    printTable(
      `${RUNS} runs of 2 tasks among ${DAGS} DAGs, one worker with ${CONCURRENCY} slots, ${rounds} rounds, median seconds`,
      ['', 'all DAGs listed', 'all runs succeeded'],
      rows,
    );
  });
}

async function inDeployment(
  platform: Platform,
  tenant: Tenant,
  dags: Dags,
  variables: Readonly<Record<string, string>>,
): Promise<Times> {
  const deployment = await createHealthy(tenant, 'throughput', {
    workerQueues: [
      {
        name: 'default',
        astroMachine: 'A5',
        minWorkerCount: 1,
        maxWorkerCount: 1,
        workerConcurrency: CONCURRENCY,
      },
    ],
    environmentVariables: Object.entries(variables).map(([key, value]) => ({ key, value, isSecret: false })),
  });
  const elapsed = stopwatch();
  await deploy(tenant, deployment.id, dags);
  const times = await runAll(airflowOf(platform, tenant, deployment), elapsed);
  await remove(tenant, deployment);
  return times;
}

async function byItself(platform: Platform, dags: Dags): Promise<Times> {
  const folder = await mkdtemp(join(tmpdir(), 'windsock-dags-'));
  try {
    await Promise.all(Object.entries(dags).map(([name, text]) => writeFile(join(folder, name), text)));
    const elapsed = stopwatch();
    const { airflow, stop } = await startBareComponents(platform, { dags: folder, concurrency: CONCURRENCY });
    try {
      return await runAll(airflow, elapsed);
    } finally {
      await stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Waits until every DAG is listed, then triggers one run of each of the first 60 and waits for all of them. */
async function runAll(airflow: Airflow, elapsed: () => number): Promise<Times> {
  await airflow.listsDags(DAGS);
  const listed = elapsed();
  for (let number = 0; number < RUNS; number += 1) await airflow.trigger(`small_${number}`);
  await airflow.hasRuns(RUNS);
  return { listed, ran: elapsed() - listed };
}
