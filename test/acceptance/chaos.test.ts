import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { airflowOf } from '../support/airflow.ts';
import { signUp } from '../support/client.ts';
import { deploy, deployed, exampleDags } from '../support/deploy.ts';
import { created, deployments, remove } from '../support/deployment.ts';
import { insist } from '../support/insist.ts';
import { killInTurn, victims } from '../support/kill.ts';
import { orphansOf } from '../support/orphans.ts';
import { PATIENCE } from '../support/patience.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { tracesOf } from '../support/traces.ts';

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

let platform: Platform;

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
});
afterAll(() => platform.destroy());

test(
  `kill -9 of anything at random moments (KILLS=${KILLS} KILL_SEED=${SEED})`,
  async () => {
    const tenant = await signUp(platform);
    const deployment = await disturbed(0, () => created(tenant));
    if (deployment.status === 'UNHEALTHY') {
      expect(deployment.statusReason).toMatch(/.{20,}/);
    } else {
      const deliver = async () => deployed(tenant, deployment.id, await deploy(tenant, deployment.id, DAGS));
      if ((await disturbed(1, deliver)) === 'FAILED') expect(await insist(deliver)).toBe('DEPLOYED');
      const airflow = airflowOf(tenant, deployment);
      await insist(async () => airflow.ran('hello', 'success', await airflow.trigger('hello')));
    }
    await until(async () => orphansOf(platform.home).length === 0, {
      seconds: 60,
      what: () => `no orphan: ${JSON.stringify(orphansOf(platform.home))}`,
    });
    await disturbed(2, async () => {
      for (const left of await deployments(tenant)) await remove(tenant, left);
    });
    // What was killed last may not be back yet.
    expect(await insist(() => deployments(tenant))).toEqual([]);
    expect(await insist(async () => tracesOf(platform.home, deployment.id))).toEqual([]);
  },
  900_000 * PATIENCE,
);

const DAGS = exampleDags('hello');

/** Does the work while a phase's kills go on, as often as it takes. */
async function disturbed<T>(phase: number, work: () => Promise<T>): Promise<T> {
  const kills = plan.slice(phase * KILLS, (phase + 1) * KILLS);
  const [result] = await Promise.all([insist(work), killInTurn(platform, kills)]);
  return result;
}
