import { setTimeout as wait } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, signUp, type Tenant } from '../support/client.ts';
import { deploy, deployed } from '../support/deploy.ts';
import { type Deployment, deployments, healthy, pathOf, remove, removed } from '../support/deployment.ts';
import { executionsOf } from '../support/executions.ts';
import { eventsThatWait, loseEvents } from '../support/lose-events.ts';
import { operations } from '../support/operations.ts';
import { accountOf } from '../support/owner.ts';
import { createPlatform, type Platform, until } from '../support/platform.ts';
import { tracesOf } from '../support/traces.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
});
afterAll(() => platform.destroy());

test('lost events cost a minute and nothing else', async () => {
  const tenant = await signUp(platform);
  await loseAndWaitAMinute();
  const listed = await first(tenant);
  await loseAndWaitAMinute();
  expect((await healthy(tenant)).id).toBe(listed.id);
  expect(await deployed(tenant, listed.id, await lostDeploy(tenant, listed))).toBe('DEPLOYED');
  await tenant.client.delete(pathOf(tenant, listed));
  await loseAndWaitAMinute();
  await removed(tenant, listed);
  expect(tracesOf(platform.home, listed.id)).toEqual([]);
});

test('events that come twice, late and out of order change nothing', async () => {
  const tenant = await signUp(platform);
  const deployment = await first(tenant);
  const repeating = new AbortController();
  const repeated = repeat(tenant, deployment, repeating.signal);
  await healthy(tenant);
  expect(await operations(tenant, deployment)).toEqual(['create SUCCEEDED in attempt 1']);
  await remove(tenant, deployment);
  repeating.abort();
  expect(await repeated).toBeGreaterThan(20);
  await until(async () => eventsThatWait(platform.home) === 0, {
    seconds: 60,
    what: () => 'the last events to be delivered',
  });
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});

async function first(tenant: Tenant): Promise<Deployment> {
  await until(async () => (await deployments(tenant)).length === 1, {
    seconds: 70,
    what: () => 'the deployment of the trial to be listed',
  });
  const [deployment] = await deployments(tenant);
  if (deployment === undefined) throw new Error('There is no deployment');
  return deployment;
}

/** Deploys, again when its events were handled before they could be lost; answers the deploy whose events were lost. */
async function lostDeploy(tenant: Tenant, { id }: Deployment): Promise<string> {
  for (let number = 2; ; number += 1) {
    const deployId = await deploy(tenant, id, { 'one.py': `print(${number})` });
    await loseEventsAtOnce();
    const isBegun = executionsOf(platform.home).some(({ name }) => name.startsWith(`${id}-${number}-`));
    await startAMinuteLater();
    if (!isBegun) return deployId;
    await deployed(tenant, id, deployId);
  }
}

async function loseAndWaitAMinute(): Promise<void> {
  await loseEventsAtOnce();
  await startAMinuteLater();
}

async function loseEventsAtOnce(): Promise<void> {
  await platform.kill();
  loseEvents(platform.home);
}

async function startAMinuteLater(): Promise<void> {
  await platform.start();
  await createClient(platform.url).post('/_local/clock', { advanceSeconds: 61 });
}

/** Says again and again, of times long past and to come, that the deployment is due; answers how often. */
async function repeat(tenant: Tenant, deployment: Deployment, stopped: AbortSignal): Promise<number> {
  const bus = new EventBridgeClient(accountOf(platform.home));
  let count = 0;
  while (!stopped.aborted) {
    const minutes = [0, -600, 5, -1][count % 4] ?? 0;
    const ids = { organizationId: tenant.organizationId, deploymentId: deployment.id };
    const dueAt = new Date(Date.now() + minutes * 60_000).toISOString();
    const Detail = JSON.stringify({ kind: 'deployment', ...ids, dueAt });
    const event = { EventBusName: 'windsock', Source: 'windsock', DetailType: 'DeploymentDue', Detail };
    await bus.send(new PutEventsCommand({ Entries: [event, event] }));
    count += 2;
    await wait(200);
  }
  bus.destroy();
  return count;
}
