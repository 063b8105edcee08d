import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Deployment as View } from '../../../core/deployment/view.ts';
import { ask, isAtRest, seen } from '../../support/changing.ts';
import type { Tenant } from '../../support/client.ts';
import { deploy, deployed } from '../../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  created,
  type Deployment,
  healthy,
  pathOf,
  remove,
} from '../../support/deployment.ts';
import { type Killed, killAtEveryState, statesOf } from '../../support/kill.ts';
import { operations } from '../../support/operations.ts';
import { orphansOf } from '../../support/orphans.ts';
import { PATIENCE } from '../../support/patience.ts';
import { type Platform, until } from '../../support/platform.ts';
import { numberless, tracesOf } from '../../support/traces.ts';
import { startUnlimited } from '../../support/unlimited.ts';

/** What is there of a deployment in the end, and what the API says was done to it. */
interface Outcome {
  readonly operations: readonly string[];
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly traces: readonly string[];
}

/** What every operation that succeeds goes through; the first one of a deployment waits for its database, too. */
const STEPS = ['Prepare', 'Roll', 'AwaitStable', 'Publish', 'Finish'];
const OPERATE = [...STEPS, 'AwaitDatabase'];
const REMOVE = ['Stop', 'AwaitStopped', 'Drop', 'AwaitDropped', 'Clean', 'Forget'];
/** A deploy of DAGs does the last ones alone. */
const DEPLOY = ['Publish', 'Finish'];
const of = (operation: number, states: readonly string[]) => states.map((state) => `${operation} ${state}`);

let platform: Platform;
let tenant: Tenant;
let killing: ReturnType<typeof killAtEveryState> | undefined;

beforeAll(async () => {
  ({ platform, tenant } = await startUnlimited({ runner: 'test/support/stand-in-runner.ts' }));
});
afterEach(async () => {
  await killing?.stop();
  killing = undefined;
});
afterAll(() => platform?.destroy());

test.each([
  ['a create, a deploy and a delete', carriedOut, 1, [...of(1, OPERATE), ...of(2, DEPLOY), ...of(3, REMOVE)]],
  ['a create that fails, and its delete', failing, 0, [...of(1, ['PutBack', 'Finish']), ...of(2, REMOVE)]],
] as const)(
  'kill -9 of the runner at every step of %s changes nothing but time',
  async (_, journey, carried, states) => {
    const undisturbed = await journey();
    const killed: Killed[] = [];
    const whole = () => killed.filter((execution) => STEPS.every((step) => execution.states.includes(step)));
    // A state may be left before it is seen: then another journey is made.
    while (!states.every((state) => statesOf(killed).includes(state)) || whole().length < carried) {
      killing = killAtEveryState(platform);
      expect(await journey()).toEqual(undisturbed);
      killed.push(...(await killing.stop()));
      killing = undefined;
      expect(orphansOf(platform.home)).toEqual([]);
    }
  },
  600_000 * PATIENCE,
);

/** What is done in `changing` while two more changes wait, and what each goes through. */
const CHANGES = {
  failing: ['Prepare', 'Roll', 'AwaitStable', 'PutBack', 'Finish'],
  update: STEPS,
  rollback: STEPS,
} as const;
const boundaries = (stepsOf: (steps: readonly string[]) => readonly string[]) =>
  Object.entries(CHANGES).flatMap(([name, steps]) => stepsOf(steps).map((step) => `${name} ${step}`));

test(
  'kill -9 of the runner at every step of an update, one that fails and a rollback, also while two wait, changes nothing but time',
  async () => {
    const { outcome: undisturbed } = await changing();
    const killed = new Set<string>();
    const killedWhileTwoWait = new Set<string>();
    /** Makes the journey again, and keeps where it was killed. */
    const disturbed = async (journey: () => Promise<[Changed, Killed[]]>) => {
      const [{ outcome, names }, kills] = await journey();
      expect(outcome).toEqual(undisturbed);
      expect(orphansOf(platform.home)).toEqual([]);
      const named = kills.map(({ operation, states }) => ({
        operation: names.get(operation) ?? operation,
        states,
      }));
      for (const state of statesOf(named)) killed.add(state);
      return statesOf(named);
    };
    // A state may be left before it is seen: then another journey is made.
    const last = boundaries((steps) => steps.slice(-2));
    while (!last.every((boundary) => killedWhileTwoWait.has(boundary))) {
      const kills: Killed[] = [];
      const states = await disturbed(async () => [await changing(kills), kills]);
      for (const state of states) killedWhileTwoWait.add(state);
    }
    const all = boundaries((steps) => steps);
    while (!all.every((boundary) => killed.has(boundary))) {
      await disturbed(async () => {
        killing = killAtEveryState(platform);
        const changed = await changing();
        const kills = await killing.stop();
        killing = undefined;
        return [changed, kills];
      });
    }
  },
  600_000 * PATIENCE,
);

async function carriedOut(): Promise<Outcome> {
  await createDeployment(tenant, { name: 'whole', environmentVariables: [variable('A', 'B')] });
  const deployment = await healthy(tenant, 'whole');
  const id = await deploy(tenant, deployment.id, { 'one.py': 'print(1)' });
  expect(await deployed(tenant, deployment.id, id)).toBe('DEPLOYED');
  await seen(tenant, pathOf(tenant, deployment), isAtRest);
  return await removed(deployment);
}

/** How often ECS tries again until the create fails is a matter of time; each try leaves its logs. */
async function failing(): Promise<Outcome> {
  await createDeployment(tenant, { name: 'fails', environmentVariables: [variable('FAIL', 'scheduler')] });
  const { traces, ...outcome } = await removed(await created(tenant, 'fails'));
  return { ...outcome, traces: [...new Set(traces)] };
}

interface Changed {
  readonly outcome: Outcome;
  /** Of the operations that carried one of the changes, by their numbers. */
  readonly names: ReadonlyMap<string, keyof typeof CHANGES>;
}

/**
 * A change that fails, one that succeeds and a rollback, each while two more wait, which are made all the same. What is
 * asked again since its answer was lost changes nothing, and its operation is told as one with that before it; the two
 * that wait are one operation, or two when the first one ends between them. With `kills`, the runner is killed at each
 * step while two wait, and the kills are kept there.
 */
async function changing(kills?: Killed[]): Promise<Changed> {
  const shown = (key: string) => ({ key, value: 'worker', isSecret: false });
  await createDeployment(tenant, { name: 'changes', environmentVariables: [shown('KEPT')] });
  const deployment = await healthy(tenant, 'changes');
  const path = pathOf(tenant, deployment);
  const rest = async () => {
    const { status, schedulerSize, isHighAvailability, environmentVariables } = await seen(
      tenant,
      path,
      isAtRest,
    );
    const keys = environmentVariables.map(({ key }) => key);
    return { status, schedulerSize, isHighAvailability, keys };
  };
  const twoBehind = async (first: () => Promise<unknown>, ...waiting: readonly [object, object]) => {
    await first();
    await seen(tenant, path, ({ waitingIntents }) => waitingIntents === 0);
    for (const [index, request] of waiting.entries()) {
      const { waitingIntents } = View.parse(await ask(tenant, path, request));
      if (killing === undefined) expect(waitingIntents).toBe(index + 1);
    }
    if (kills === undefined) return await rest();
    killing = killAtEveryState(platform);
    await seen(tenant, path, ({ waitingIntents }) => waitingIntents === 0);
    kills.push(...(await killing.stop()));
    killing = undefined;
    return await rest();
  };

  const breaking = { environmentVariables: [shown('KEPT'), shown('FAIL')] };
  const doubled = { isHighAvailability: true };
  const medium = { schedulerSize: 'MEDIUM' };
  expect(await twoBehind(() => ask(tenant, path, breaking), medium, doubled)).toEqual({
    ...{ status: 'HEALTHY', ...medium, ...doubled },
    keys: ['KEPT'],
  });
  const more = { environmentVariables: [shown('KEPT'), shown('MORE')] };
  const single = { isHighAvailability: false };
  const large = { schedulerSize: 'LARGE' };
  expect(await twoBehind(() => ask(tenant, path, large), more, single)).toEqual({
    ...{ status: 'HEALTHY', ...large, ...single },
    keys: ['KEPT', 'MORE'],
  });
  const rollback = `${alphaOf(tenant, deployment)}/revisions/1/rollback`;
  expect(await twoBehind(() => ask(tenant, rollback, {}), medium, doubled)).toEqual({
    ...{ status: 'HEALTHY', ...medium, ...doubled },
    keys: ['KEPT'],
  });

  // A request that died before its change was asked for leaves variables, which are removed after a quarter of an hour.
  await tenant.client.post('/_local/clock', { advanceSeconds: 900 });
  await until(
    async () => {
      await tenant.client.post('/_local/clock', { advanceSeconds: 61 });
      const left = tracesOf(platform.home, deployment.id);
      const services = left.filter((line) => line.includes('service ACTIVE'));
      return services.length === 3 && !left.some((line) => line.includes('gsi::due'));
    },
    { seconds: 60, what: () => 'the old workers and variables to be gone', every: 500 },
  );
  const names = await namesOf(deployment);
  const { traces, ...outcome } = await removed(await healthy(tenant, 'changes'));
  const made = outcome.operations.map((operation) => operation.replace(/ in.*/, ''));
  return {
    names,
    outcome: {
      ...outcome,
      operations: made.filter((operation, at) => operation !== made[at - 1]),
      traces: [...new Set(traces.map(numberless))],
    },
  };
}

/** Which operation carried which change, as the timeline tells it. */
async function namesOf(deployment: Deployment): Promise<Changed['names']> {
  const { body } = await tenant.client.get(`${alphaOf(tenant, deployment)}/timeline?limit=1000`);
  const Carried = z.object({ number: z.number() });
  const Told = z.object({
    kind: z.string(),
    status: z.string(),
    after: z.record(z.string(), z.unknown()),
    operation: Carried.optional(),
  });
  const { timeline } = z.object({ timeline: z.array(Told) }).parse(body);
  return new Map(
    timeline.flatMap(({ kind, status, after, operation }) => {
      const isLarge = kind === 'update' && after.schedulerSize === 'LARGE';
      const name = status === 'FAILED' ? 'failing' : kind === 'rollback' ? 'rollback' : 'update';
      const isOne = status === 'FAILED' || kind === 'rollback' || isLarge;
      return isOne && operation !== undefined ? [[String(operation.number), name] as const] : [];
    }),
  );
}

/** What there was before the deployment was removed; nothing may be left of it. */
async function removed(deployment: Deployment): Promise<Outcome> {
  const { status, statusReason } = deployment;
  const outcome = {
    status,
    statusReason,
    operations: await operations(tenant, deployment),
    traces: tracesOf(platform.home, deployment.id),
  };
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
  return outcome;
}

function variable(key: string, value: string) {
  return { key, value, isSecret: true };
}
