import { setTimeout as wait } from 'node:timers/promises';
import { deploy, exampleDags } from '../test/support/deploy.ts';
import { airflowOf, tenantWithTrial } from './support/deployment.ts';
import { NPM, SHIMS, type Usage, usageOf } from './support/memory.ts';
import { withPlatform } from './support/platform.ts';
import { type Cell, printTable, say } from './support/table.ts';

const SETTLE_SECONDS = 20;
const IDLE_SECONDS = 30;
const CONTROL_PLANE = ['runner', 'cell', 'dynoxide', 'postgres', 'redis'];

/** What a part holds at the end of an idle time, and the CPU that it used in it. */
interface Idle {
  readonly part: string;
  readonly processes: number;
  readonly megabytes: number;
  readonly cores: number;
}

/**
 * Memory (PSS) and idle CPU, part by part: of a platform that has just started, and of one with a deployment that
 * has run `examples/hello`.
 */
export async function footprint(_rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    say('  a platform without deployments');
    const empty = await idle(platform.home);
    say('  a platform with one deployment');
    const { tenant, trial } = await tenantWithTrial(platform);
    const airflow = airflowOf(platform, tenant, trial);
    await deploy(tenant, trial.id, exampleDags('hello'));
    await airflow.lists('hello');
    await airflow.succeeds('hello', await airflow.trigger('hello'));
    const used = await idle(platform.home);
    const ofControlPlane = ({ part }: Idle) => CONTROL_PLANE.includes(part);
    const ofDeployment = ({ part }: Idle) => part !== NPM && !CONTROL_PLANE.includes(part);
    print('The control plane and its servers, just started', empty.filter(ofControlPlane));
    print('The same with one deployment that has run a DAG', used.filter(ofControlPlane));
    print('The deployment', used.filter(ofDeployment));
    print(
      'What `npm start` keeps around the runner',
      used.filter(({ part }) => part === NPM),
    );
  });
}

async function idle(home: string): Promise<Idle[]> {
  await wait(SETTLE_SECONDS * 1000);
  const before = usageOf(home);
  await wait(IDLE_SECONDS * 1000);
  return [...usageOf(home)].map(([part, { processes, pssBytes, cpuSeconds }]: [string, Usage]) => ({
    part,
    processes,
    megabytes: pssBytes / 1e6,
    cores: (cpuSeconds - (before.get(part)?.cpuSeconds ?? 0)) / IDLE_SECONDS,
  }));
}

function print(title: string, parts: readonly Idle[]): void {
  const row = ({ part, processes, megabytes, cores }: Idle): Cell[] => [
    part,
    processes,
    megabytes.toFixed(0),
    cores.toFixed(3),
  ];
  const sum = (of: (part: Idle) => number) => parts.reduce((total, part) => total + of(part), 0);
  const all = {
    part: 'together',
    processes: sum(({ processes }) => processes),
    megabytes: sum(({ megabytes }) => megabytes),
    cores: sum(({ cores }) => cores),
  };
  const order = (a: Idle, b: Idle) => Number(a.part === SHIMS) - Number(b.part === SHIMS);
  printTable(
    `${title}: ${IDLE_SECONDS} s idle`,
    ['', 'processes', 'MB (PSS)', 'cores'],
    [...parts.toSorted(order), all].map(row),
  );
}
