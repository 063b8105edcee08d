import { join } from 'node:path';
import type { Tenant } from '../test/support/client.ts';
import { deploy, exampleDags } from '../test/support/deploy.ts';
import { remove } from '../test/support/deployment.ts';
import { startBareAirflow } from './support/bare-airflow.ts';
import { type Seen, watchContainers } from './support/containers.ts';
import { airflowOf, createHealthy, ecsOf, operationsOf, tenantOnUsedPlatform } from './support/deployment.ts';
import { type Platform, repository, withPlatform } from './support/platform.ts';
import { median, spread } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

/** Seconds from the start of one side. */
interface Times {
  readonly healthy: number;
  readonly ran: number;
}

interface Step {
  readonly name: string;
  readonly seconds: number;
}

interface Created extends Times {
  readonly steps: readonly Step[];
  readonly containers: ReadonlyMap<string, Seen>;
}

/**
 * Create -> HEALTHY, and -> the first run of `examples/hello` succeeded, in turn with `airflow standalone`, which has
 * the DAG from its start on, while a deployment is given it by a deploy.
 */
export async function create(rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    const tenant = await tenantOnUsedPlatform(platform);
    const windsock: Created[] = [];
    const standalone: Times[] = [];
    for (let round = 1; round <= rounds; round++) {
      standalone.push(await createStandalone());
      windsock.push(await createDeployment(platform, tenant, `round-${round}`));
      say(`  round ${round}: ${JSON.stringify({ standalone, windsock: windsock.map(({ ran }) => ran) })}`);
    }
    printComparison(windsock, standalone);
    printSteps(windsock);
    printContainers(windsock);
  });
}

async function createStandalone(): Promise<Times> {
  const elapsed = stopwatch();
  const dags = join(repository, 'examples/hello/dags');
  const { airflow, stop } = await startBareAirflow({ dags, commands: [['standalone']] });
  try {
    const healthy = elapsed();
    await airflow.lists('hello');
    await airflow.succeeds('hello', await airflow.trigger('hello'));
    return { healthy, ran: elapsed() };
  } finally {
    await stop();
  }
}

async function createDeployment(platform: Platform, tenant: Tenant, name: string): Promise<Created> {
  const ecs = ecsOf(platform);
  const elapsed = stopwatch();
  const watch = watchContainers(ecs);
  const deployment = await createHealthy(tenant, name);
  const healthy = elapsed();
  const containers = await watch.stop();
  const airflow = airflowOf(platform, tenant, deployment);
  await deploy(tenant, deployment.id, exampleDags('hello'));
  await airflow.lists('hello');
  await airflow.succeeds('hello', await airflow.trigger('hello'));
  const ran = elapsed();
  const operations = await operationsOf(tenant, deployment);
  const steps = (operations.find(({ kind }) => kind === 'create')?.steps ?? []).map((step) => ({
    name: step.name,
    seconds: (Date.parse(step.endedAt ?? '') - Date.parse(step.startedAt)) / 1000,
  }));
  await remove(tenant, deployment);
  ecs.destroy();
  return { healthy, ran, steps, containers };
}

function printComparison(windsock: readonly Times[], standalone: readonly Times[]): void {
  const row = (title: string, of: (times: Times) => number) => {
    const [ours, theirs] = [windsock.map(of), standalone.map(of)];
    const ratio = (median(ours) / median(theirs)).toFixed(2);
    return [title, spread(ours).join(' / '), spread(theirs).join(' / '), ratio];
  };
  printTable(
    `A deployment against airflow standalone, ${windsock.length} pairs, seconds (least / median / greatest)`,
    ['from the start to', 'Windsock', 'airflow standalone', 'ratio of medians'],
    [row('HEALTHY', ({ healthy }) => healthy), row('the first run succeeded', ({ ran }) => ran)],
  );
}

function printSteps(windsock: readonly Created[]): void {
  const names = new Set(windsock.flatMap(({ steps }) => steps.map(({ name }) => name)));
  const rows = [...names].map((name) => {
    const seconds = windsock.map(({ steps }) => steps.find((step) => step.name === name)?.seconds ?? 0);
    return [name, ...spread(seconds)];
  });
  printTable('Steps of the create operation, seconds', ['step', 'least', 'median', 'greatest'], rows);
}

function printContainers(windsock: readonly Created[]): void {
  const names = new Set(windsock.flatMap(({ containers }) => [...containers.keys()]));
  const at = (name: string, of: (seen: Seen) => number | undefined) => {
    const times = windsock.flatMap(({ containers }) => of(containers.get(name) ?? {}) ?? []);
    return times.length === 0 ? '' : median(times).toFixed(1);
  };
  const rows = [...names].map((name) => [
    name,
    at(name, (seen) => seen.running),
    at(name, (seen) => seen.healthy),
  ]);
  printTable('Containers, seconds after the request (median)', ['container', 'RUNNING', 'HEALTHY'], rows);
}
