import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { airflowOf } from '../support/airflow.ts';
import { signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import {
  createDeployment,
  created,
  type Deployment,
  deployments,
  healthy,
  remove,
  removeAll,
} from '../support/deployment.ts';
import { insist } from '../support/insist.ts';
import { type Kill, killInTurn, victims } from '../support/kill.ts';
import { orphansOf } from '../support/orphans.ts';
import { PATIENCE } from '../support/patience.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { numberless, tracesOf } from '../support/traces.ts';

/** Kills in each of create, deploy and delete; and the same ones again: `KILLS=30 KILL_SEED=7`. */
const KILLS = Number(process.env.KILLS ?? 3);
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

const plan = fc.sample(
  fc.record({
    victim: fc.constantFrom(...victims),
    pick: fc.nat(100),
    after: fc.integer({ min: 0, max: 4_000 }),
  }),
  { numRuns: 3 * KILLS, seed: SEED },
);

const DAGS = exampleDags('hello');

let platform: Platform;
/** What there is of a deployment whose DAG ran, when nothing is killed. */
let undisturbed: string[];

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
  const tenant = await signUp(platform);
  const deployment = await healthy(tenant);
  await deliver(tenant, deployment);
  await run(tenant, deployment);
  undisturbed = remains(deployment);
  await remove(tenant, deployment);
});
afterAll(() => platform.destroy());

test(
  `kill -9 of anything at random moments (KILLS=${KILLS} KILL_SEED=${SEED})`,
  async () => {
    const tenant = await signUp(platform);
    const deployment = await whole(tenant, await disturbed(0, () => created(tenant)));
    if ((await disturbed(1, () => deliver(tenant, deployment))) === 'FAILED') {
      expect(await insist(() => deliver(tenant, deployment))).toBe('DEPLOYED');
    }
    await insist(() => run(tenant, deployment));
    await until(async () => orphansOf(platform.home).length === 0, {
      seconds: 60,
      what: () => `no orphan: ${JSON.stringify(orphansOf(platform.home))}`,
    });
    await expect.poll(() => remains(deployment), { timeout: 90_000 * PATIENCE }).toEqual(undisturbed);
    await disturbed(2, () => removeAll(tenant));
    // What was killed last may not be back yet.
    expect(await insist(() => deployments(tenant))).toEqual([]);
    expect(await insist(async () => tracesOf(platform.home, deployment.id))).toEqual([]);
    expect(orphansOf(platform.home)).toEqual([]);
  },
  900_000 * PATIENCE,
);

/** Does the work while a phase's kills go on, as often as it takes. */
async function disturbed<T>(phase: number, work: () => Promise<T>): Promise<T> {
  const [result] = await Promise.all([insist(work), killInTurn(platform, killsOf(phase))]);
  return result;
}

function killsOf(phase: number): Kill[] {
  return plan.slice(phase * KILLS, (phase + 1) * KILLS);
}

/** The deployment, or, when its create ended with a reason, the one that is asked for then. */
async function whole(tenant: Tenant, deployment: Deployment): Promise<Deployment> {
  if (deployment.status === 'HEALTHY') return deployment;
  expect(deployment.status).toBe('UNHEALTHY');
  expect(deployment.statusReason).toMatch(/.{20,}/);
  await insist(() => removeAll(tenant));
  expect(await insist(async () => tracesOf(platform.home, deployment.id))).toEqual([]);
  await insist(async () => {
    if ((await deployments(tenant)).length > 0) return;
    expect(await createDeployment(tenant, { name: deployment.name })).toMatchObject({ status: 200 });
  });
  return await insist(() => healthy(tenant));
}

async function deliver(tenant: Tenant, { id }: Deployment): Promise<string> {
  return await deployed(tenant, id, await deploy(tenant, id, DAGS));
}

/** Runs the DAG, and waits for the log of its task, which its worker stores after the run's success. */
async function run(tenant: Tenant, deployment: Deployment): Promise<void> {
  const airflow = airflowOf(tenant, deployment);
  await airflow.ran('hello', 'success', await airflow.trigger('hello'));
  await until(async () => remains(deployment).some((line) => line.includes('/logs/dag_id=hello')), {
    seconds: 60,
    what: () => "the task's log to be stored",
  });
}

/** A deploy or a run that was asked for again, and a container that was started again, leave more of these. */
const REPEATED = /^file logs\/| S:(deploy|intent|operation|revision)#|\/logs\/dag_id=hello\//;

/**
 * What there is of a deployment that is at rest, each of what may be there again once. What a deploy uploaded that was
 * not finalized, for its client saw it fail, is there for two hours.
 */
function remains({ id }: Deployment): string[] {
  const lines = tracesOf(platform.home, id)
    .filter((line) => !/\.running|::gsi::due|\/uploads\//.test(line))
    .map(numberless);
  return lines.filter((line, at) => !REPEATED.test(line) || line !== lines[at - 1]);
}
