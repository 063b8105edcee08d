import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { databaseName } from '../core/component/names.ts';
import { Planned } from '../core/operation/view.ts';
import type { Tenant } from '../test/support/client.ts';
import { deploy, deployed } from '../test/support/deploy.ts';
import { type Deployment, pathOf } from '../test/support/deployment.ts';
import { until } from '../test/support/platform.ts';
import { queryPostgres } from '../test/support/postgres.ts';
import { type Airflow, PROBE_MS } from './support/airflow.ts';
import type { BareAirflow } from './support/bare-airflow.ts';
import { BARE_DATABASE, startBareComponents } from './support/bare-components.ts';
import { airflowOf, becomesHealthy, leaveTrialPlan, tenantWithTrial } from './support/deployment.ts';
import { type Downtime, HEARTBEAT, type Watched, watchDowntime } from './support/downtime.ts';
import { type Platform, withPlatform } from './support/platform.ts';
import { median } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

/** The watch goes on so long after the change, for what it leaves behind. */
const SETTLE_SECONDS = 5;
/** Of the row in which nothing happens. */
const IDLE_SECONDS = 10;

const SERVERS = ['api-server', 'scheduler', 'dag-processor', 'triggerer'];
const WORKER = ['edge'];

const dag = (tag: string) => `
from airflow.sdk import dag, task

@dag(dag_id="changing", schedule=None, tags=["${tag}"])
def changing():
    @task
    def work():
        return "${tag}"

    work()

changing()
`;

/** How long one change took, in seconds, and the longest gaps of what was watched meanwhile. */
interface Measured extends Downtime {
  readonly seconds: number;
}

/** A change of the deployment, and what a person does who has to change Airflow by itself so. */
interface Change {
  readonly name: string;
  /** The seconds that its plan expects. */
  readonly plan?: () => Promise<number>;
  readonly ask: () => Promise<void>;
  readonly byHand?: () => Promise<void>;
}

interface Sides {
  readonly planned: number | undefined;
  readonly ours: Measured;
  readonly byHand: Measured | undefined;
}

/**
 * Changes of a deployment until it is HEALTHY, each in turn with the restart of the same components of Airflow by
 * itself, which runs beside; and how long API and scheduler were away.
 */
export async function change(rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    const { tenant, trial } = await tenantWithTrial(platform);
    await leaveTrialPlan(platform, tenant);
    const folder = await mkdtemp(join(tmpdir(), 'windsock-dags-'));
    const file = join(folder, 'changing.py');
    await writeFile(file, dag('second'));
    const bare = await startBareComponents(platform, {
      dags: folder,
      concurrency: 5,
      settings: { [HEARTBEAT.key]: HEARTBEAT.value },
    });
    try {
      const measured = new Map<string, Sides[]>();
      const changes = await changesOf(tenant, trial, airflowOf(platform, tenant, trial), {
        restart: (components) => restartByHand(platform, bare, components),
        async rollBackCode() {
          await writeFile(file, dag('first'));
          await bare.restart(['dag-processor']);
          await bare.airflow.lists('changing', 'first');
          await writeFile(file, dag('second'));
        },
      });
      const ours = {
        root: `${platform.url}/${trial.namespace}/api/v2`,
        token: tenant.token,
        home: platform.home,
        database: databaseName(trial.id),
      };
      const theirs = { root: bare.root, token: '', home: platform.home, database: BARE_DATABASE };
      for (let round = 1; round <= rounds; round++) {
        for (const { name, plan, ask, byHand } of changes) {
          const sides = {
            planned: await plan?.(),
            ours: await measure(ours, ask),
            byHand: byHand === undefined ? undefined : await measure(theirs, byHand),
          };
          measured.set(name, [...(measured.get(name) ?? []), sides]);
          say(`  round ${round}, ${name}: ${JSON.stringify(sides)}`);
        }
      }
      print(measured, rounds);
    } finally {
      await bare.stop();
      await rm(folder, { recursive: true });
    }
  });
}

/** The changes of a round, in their order; the last of them leads back to where the first began. */
async function changesOf(
  tenant: Tenant,
  deployment: Deployment,
  airflow: Airflow,
  hand: { restart(components: readonly string[]): Promise<void>; rollBackCode(): Promise<void> },
): Promise<Change[]> {
  const path = pathOf(tenant, deployment);
  const ask = async (body: object, at = path) => {
    const { status, body: answer } = await tenant.client.post(at, body);
    if (status !== 200) throw new Error(`POST ${at} answered ${status}: ${JSON.stringify(answer)}`);
  };
  const update = (body: object, at = path) => ({
    async plan() {
      const { body: planned } = await tenant.client.post(`${at}?dryRun=plan`, body);
      return Planned.parse(planned).plan.expectedSeconds;
    },
    async ask() {
      await ask(body, at);
      await becomesHealthy(tenant, deployment.id);
    },
  });
  const deployDag = async (tag: string) => {
    const id = await deploy(tenant, deployment.id, { 'changing.py': dag(tag) });
    await deployed(tenant, deployment.id, id);
    await airflow.lists('changing', tag);
    return id;
  };
  const queue = (workerConcurrency: number, name = 'default') => ({
    name,
    isDefault: name === 'default',
    astroMachine: 'A5',
    minWorkerCount: 1,
    maxWorkerCount: 1,
    workerConcurrency,
  });
  const queues = (...workerQueues: object[]) => update({ workerQueues });
  const heartbeat = { ...HEARTBEAT, isSecret: false };
  await update({ environmentVariables: [heartbeat], workerQueues: [queue(5)] }).ask();
  // The older version's environment is made by its first use, which is no part of any later change.
  for (const astroRuntimeVersion of ['3.3-1', '3.3-2']) await update({ astroRuntimeVersion }).ask();
  const first = await deployDag('first');
  await deployDag('second');
  const { runningRevision } = await becomesHealthy(tenant, deployment.id);
  const servers = () => hand.restart(SERVERS);
  const all = () => hand.restart([...SERVERS, ...WORKER]);
  const variables = [heartbeat, { key: 'CHANGED', value: 'yes', isSecret: false }];
  let named = 0;
  return [
    { name: `nothing, ${IDLE_SECONDS} s`, ask: idle },
    { name: 'name', ask: () => update({ name: `Changed ${++named}` }).ask() },
    { name: "a queue's concurrency", ...queues(queue(10)), byHand: () => hand.restart(WORKER) },
    { name: 'a queue added', ...queues(queue(10), queue(5, 'second')) },
    { name: 'a queue removed', ...queues(queue(10)) },
    { name: 'scheduler size', ...update({ schedulerSize: 'MEDIUM' }), byHand: servers },
    { name: 'variables', ...update({ environmentVariables: variables }), byHand: all },
    { name: 'high availability on', ...update({ isHighAvailability: true }) },
    { name: 'high availability off', ...update({ isHighAvailability: false }) },
    { name: 'runtime version', ...update({ astroRuntimeVersion: '3.3-1' }), byHand: all },
    { name: 'executor CELERY', ...update({ executor: 'CELERY' }), byHand: all },
    { name: 'executor ASTRO', ...update({ executor: 'ASTRO' }), byHand: all },
    {
      name: 'rollback of code, until Airflow shows it',
      async ask() {
        await ask({}, `${path}/deploys/${first}/rollback`);
        await airflow.lists('changing', 'first');
      },
      byHand: hand.rollBackCode,
    },
    {
      name: 'rollback of everything',
      ...update({}, `${path.replace('/v1/', '/v1alpha1/')}/revisions/${runningRevision}/rollback`),
      byHand: all,
    },
  ];
}

async function idle(): Promise<void> {
  await wait(IDLE_SECONDS * 1000);
}

async function measure(watched: Watched, work: () => Promise<void>): Promise<Measured> {
  const watch = watchDowntime(watched);
  const elapsed = stopwatch();
  await work();
  const seconds = elapsed();
  await wait(SETTLE_SECONDS * 1000);
  return { seconds, ...(await watch.stop()) };
}

/** Restarts components and waits until each is at work again by the database's word, too: health alone is older. */
async function restartByHand(
  platform: Platform,
  bare: BareAirflow,
  components: readonly string[],
): Promise<void> {
  const since = `to_timestamp(${Date.now() / 1000})`;
  const jobs = components.filter((component) => component !== 'api-server' && component !== 'edge').length;
  await bare.restart(components);
  const started = `
    SELECT (SELECT count(*) FROM job WHERE state = 'running' AND start_date >= ${since}) >= ${jobs}
    ${components.includes('edge') ? `AND EXISTS (SELECT FROM edge_worker WHERE state = 'idle' AND last_update >= ${since})` : ''}`;
  await until(async () => queryPostgres(platform.home, started, BARE_DATABASE).includes('t'), {
    seconds: 120,
    what: () => `${components.join(', ')} of Airflow by itself to be at work\n${bare.output()}`,
    every: PROBE_MS,
  });
}

function print(measured: ReadonlyMap<string, readonly Sides[]>, rounds: number): void {
  const middle = (values: readonly number[]) => (values.length === 0 ? undefined : median(values));
  const longest = (values: readonly number[]) => (values.length === 0 ? '' : Math.max(...values).toFixed(1));
  const rows = [...measured].map(([name, sides]) => {
    const ours = sides.map((side) => side.ours);
    const byHand = sides.flatMap((side) => side.byHand ?? []);
    const [a, b] = [middle(ours.map(({ seconds }) => seconds)), middle(byHand.map(({ seconds }) => seconds))];
    return [
      name,
      middle(sides.flatMap(({ planned }) => planned ?? []))?.toFixed(0) ?? '',
      a?.toFixed(1) ?? '',
      b?.toFixed(1) ?? '',
      a === undefined || b === undefined ? '' : (a / b).toFixed(2),
      longest(ours.map(({ api }) => api)),
      longest(byHand.map(({ api }) => api)),
      longest(ours.map(({ scheduler }) => scheduler)),
      longest(byHand.map(({ scheduler }) => scheduler)),
    ];
  });
  printTable(
    `A change until the deployment is HEALTHY, ${rounds} round(s), seconds: medians, and the longest gaps`,
    [
      'change',
      'planned',
      'HEALTHY',
      'by hand',
      'ratio',
      'API away',
      'by hand',
      "scheduler's heartbeat",
      'by hand',
    ],
    rows,
  );
}
