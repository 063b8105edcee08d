import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../../local/home.ts';
import { keptPorts } from '../../../local/ports.ts';
import { answers } from '../../../local/servers/dynoxide.ts';
import { isAtRest, seen } from '../../support/changing.ts';
import type { Tenant } from '../../support/client.ts';
import { deploy, deployed } from '../../support/deploy.ts';
import {
  createDeployment,
  created,
  type Deployment,
  deployments,
  healthy,
  pathOf,
  removeAll,
} from '../../support/deployment.ts';
import { present } from '../../support/files.ts';
import { insist } from '../../support/insist.ts';
import { type BoundaryVictim, killWanted, type Wanted } from '../../support/kill.ts';
import { operations } from '../../support/operations.ts';
import { orphansOf } from '../../support/orphans.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Platform, until } from '../../support/platform.ts';
import { killProcess, mainProcesses, processesOf } from '../../support/processes.ts';
import { tracesOf } from '../../support/traces.ts';
import { startUnlimited } from '../../support/unlimited.ts';

type Groups = readonly (readonly BoundaryVictim[])[];

/**
 * Of the servers, the stand-in for Airflow uses neither Postgres nor Redis: these die with another one. In other journeys
 * nothing dies at the step: a server that dies again and again is started after longer and longer pauses.
 */
const SERVERS: Groups = [['dynoxide', 'postgres'], [], ['cell', 'redis'], []];
const ALL: Groups = [['dynoxide', 'postgres'], ['shim'], ['cell', 'redis'], ['main']];

/** The steps of a create, a deploy of DAGs and a delete, and what can be killed there. */
const STEPS: readonly (readonly [step: string, victims: Groups])[] = [
  ['1 Prepare', SERVERS],
  ['1 AwaitDatabase', SERVERS],
  ['1 Roll', SERVERS],
  ['1 AwaitStable', ALL],
  ['1 Publish', ALL],
  ['1 Finish', ALL],
  ['2 Publish', ALL],
  ['2 Finish', ALL],
  ['3 Stop', ALL],
  ['3 AwaitStopped', ALL],
  ['3 Drop', SERVERS],
  ['3 AwaitDropped', SERVERS],
  ['3 Clean', SERVERS],
  ['3 Forget', SERVERS],
];

let platform: Platform;
let tenant: Tenant;
let killing: ReturnType<typeof killWanted> | undefined;

beforeAll(async () => {
  ({ platform, tenant } = await startUnlimited({ runner: 'test/support/stand-in-runner.ts' }));
});
afterAll(() => platform?.destroy());

test(
  'kill -9 of a server, a shim or a main process at every step of a create, a deploy and a delete changes nothing but time',
  async () => {
    const traces = await journey();
    // Each journey has another victim at each step, and each step another than the one before.
    const wanted: Wanted = new Map(
      STEPS.map(([step, victims], at) => {
        const first = at % victims.length;
        return [step, [...victims.slice(first), ...victims.slice(0, first)]];
      }),
    );
    // A step may be left before what it is to lose is found: then another journey is made.
    while ([...wanted.values()].flat(2).length > 0) {
      killing = killWanted(platform, wanted);
      try {
        await journey(traces);
      } finally {
        await killing.stop();
        killing = undefined;
      }
      // Its servers do not count as dying again and again any more.
      await platform.kill();
      await platform.start();
    }
  },
  600_000 * PATIENCE,
);

test.each(['shim', 'main'] as const)(
  'kill -9 of the %s of what makes a database ends its create, and says so; a delete goes on to its end',
  async (victim) => {
    const hangs = join(platform.home, 'database-hangs');
    present(hangs, true);
    await createDeployment(tenant, { name: 'fails' });
    await killDatabaseTask(victim);
    const deployment = await created(tenant, 'fails');
    expect(deployment).toMatchObject({
      status: 'UNHEALTHY',
      statusReason: expect.stringMatching(/^database ended with exit code 137/),
    });
    expect(await operations(tenant, deployment)).toEqual(['create FAILED in attempt 1']);
    await tenant.client.delete(pathOf(tenant, deployment));
    await killDatabaseTask(victim);
    present(hangs, false);
    await until(
      async () => {
        await tenant.client.post('/_local/clock', { advanceSeconds: 61 });
        return (await deployments(tenant)).every(({ id }) => id !== deployment.id);
      },
      { seconds: 60, what: () => 'another attempt to remove the deployment', every: 500 },
    );
    expect(tracesOf(platform.home, deployment.id)).toEqual([]);
    expect(orphansOf(platform.home)).toEqual([]);
  },
);

/** A create, a deploy and a delete; answers what there was before the delete, which has to be `traces` if given. */
async function journey(traces?: readonly string[]): Promise<readonly string[]> {
  await createDeployment(tenant, { name: 'whole', environmentVariables: [SECRET] });
  const deployment = await insist(() => healthy(tenant, 'whole'));
  await calm();
  const id = await deploy(tenant, deployment.id, { 'one.py': 'print(1)' });
  expect(await insist(() => deployed(tenant, deployment.id, id))).toBe('DEPLOYED');
  await calm();
  const { status, statusReason } = await seen(tenant, pathOf(tenant, deployment), isAtRest);
  expect({ status, statusReason }).toEqual({ status: 'HEALTHY' });
  expect(await operations(tenant, deployment)).toEqual([
    'deploy SUCCEEDED in attempt 1',
    'create SUCCEEDED in attempt 1',
  ]);
  // What was killed last may not be back yet; each container that was started left a log.
  const there = () => [...new Set(tracesOf(platform.home, deployment.id))];
  if (traces !== undefined) await expect.poll(there).toEqual(traces);
  const before = there();
  await removed(deployment);
  return before;
}

async function removed(deployment: Deployment): Promise<void> {
  await insist(() => removeAll(tenant));
  await calm();
  await expect.poll(() => tracesOf(platform.home, deployment.id)).toEqual([]);
  expect(orphansOf(platform.home)).toEqual([]);
}

/** Waits until nothing is killed any more, and what the API uses answers again. */
async function calm(): Promise<void> {
  const path = `/v1/organizations/${tenant.organizationId}/deployments`;
  const { s3 } = await keptPorts(openHome(platform.home));
  await until(
    async () =>
      killing?.isIdle() !== false &&
      (await answers(`http://127.0.0.1:${s3}/`)) &&
      (await tenant.client.get(path)).status === 200,
    { seconds: 60, what: () => 'the API to answer again' },
  );
}

/** Waits until the task that makes or drops a database runs, and kills its shim or its main process. */
async function killDatabaseTask(victim: 'shim' | 'main'): Promise<void> {
  let pid: number | undefined;
  await until(
    async () => {
      const shim = processesOf(platform.home).find((each) => each.isShim && each.container === 'database');
      const { database: main } = mainProcesses(platform.home);
      pid = main === undefined || victim === 'main' ? main : shim?.pid;
      return pid !== undefined;
    },
    { seconds: 60, what: () => 'the database task to run', every: 20 },
  );
  if (pid !== undefined) killProcess(pid);
}

const SECRET = { key: 'A', value: 'B', isSecret: true };
