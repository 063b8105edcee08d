import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { dueOf } from '../../../core/due/due.ts';
import { names } from '../../../local/names.ts';
import { createClient, signUp, type Tenant } from '../../support/client.ts';
import { deploy, deployed } from '../../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  created,
  type Deployment,
  deployments,
  healthy,
  pathOf,
  remove,
  removed,
} from '../../support/deployment.ts';
import { tellOutOfMemory } from '../../support/out-of-memory.ts';
import { PATIENCE } from '../../support/patience.ts';
import { until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { rights, type Withheld, withhold } from './withheld.ts';

/**
 * Without any one of its grants a function fails, and names it. All of them are withheld, each is given back when it
 * was missed, and what the platform does is done again from there: at the end every grant of the catalog was missed.
 */
let cloud: Rehearsal;
let withheld: Withheld;
let looking: NodeJS.Timeout;

beforeAll(async () => {
  withheld = withhold();
  cloud = await startRehearsal({ functions: withheld.functions });
  looking = setInterval(() => withheld.look(join(cloud.folder, 'logs')), 50);
  withheld.giveBackTo(['api', 'publish', 'report', 'step', 'advance']);
  const tenant = await signUp(cloud);
  const trial = await healthy(tenant);
  await leaveTrial(tenant);
  await deployDags(tenant, trial);
  await tellLate(await abandonUpload(tenant, trial));
  await tenant.client.get(`${pathOf(tenant, trial)}/logs?sources=scheduler`);
  await runOutOfMemory(tenant, trial);
  await createFailing(tenant);
  await createTwice(tenant);
  const dueAt = new Date().toISOString();
  const item = { ...(await itemOf('deployment', 'deploymentId', trial.id)), dueAt };
  await renewWorkers(tenant, trial, async (later) => await tellLate(item, later));
  await loseWorker(tenant, trial, async (later) => await tellLate(item, later));
  await changeByHand(tenant);
  await deleteEarly(tenant);
  await keepWorkspace(tenant);
  await keepTeam(tenant);
  await remove(tenant, trial);
  await startSignup();
  const kept = await itemsThatAreKept();
  for (const item of kept.filter(({ dueAt }) => dueAt !== undefined)) await tellLate(item);
  withheld.giveBackTo(['api', 'publish', 'step', 'clock']);
  await byTheClock(async () => {
    const other = await signUp(cloud);
    const trial = await healthy(other);
    await leaveTrial(other);
    await untilNotDue([await abandonUpload(other, trial)], HOURS);
    await renewWorkers(other, trial, tick);
    await loseWorker(other, trial, tick);
    await remove(other, trial);
  });
  await putBack(kept);
  await untilNotDue(kept, LATER);
}, 300_000 * PATIENCE);
afterAll(async () => {
  clearInterval(looking);
  await cloud.stop();
});

test.each(rights)('$functionName needs $action on $resources', (right) => {
  expect(withheld.missed.get(right), `${right.functionName} did all without ${right.action}`).toBeDefined();
});

async function leaveTrial({ organizationId }: Tenant): Promise<void> {
  const operator = createClient(cloud.url, cloud.operatorToken());
  await operator.post(`/v1alpha1/operator/organizations/${organizationId}`, { productPlan: 'TEAM' });
}

/** First with an upload that is not there: S3 says what a GET misses, and not what a HEAD does. */
async function deployDags(tenant: Tenant, deployment: Deployment): Promise<void> {
  const deploys = `${pathOf(tenant, deployment)}/deploys`;
  const { body } = await tenant.client.post(deploys, { type: 'DAG_ONLY' });
  const { id } = z.object({ id: z.string() }).parse(body);
  const nowhere = { dagTarballVersion: '2026-01-01T00:00:00.0000000Z' };
  expect((await tenant.client.post(`${deploys}/${id}/finalize`, nowhere)).status).toBe(400);
  const whole = await deploy(tenant, deployment.id, { 'one.py': 'print(1)' });
  expect(await deployed(tenant, deployment.id, whole)).toBe('DEPLOYED');
}

/** A deploy that is uploaded and never finalized; answers its item. */
async function abandonUpload(tenant: Tenant, deployment: Deployment): Promise<Item> {
  const { body } = await tenant.client.post(`${pathOf(tenant, deployment)}/deploys`, { type: 'DAG_ONLY' });
  const { id, dagsUploadUrl } = z.object({ id: z.string(), dagsUploadUrl: z.string() }).parse(body);
  const headers = { 'x-ms-blob-type': 'BlockBlob' };
  expect((await fetch(dagsUploadUrl, { method: 'PUT', headers, body: 'a bundle' })).status).toBe(201);
  return await itemOf('deploy', 'deployId', id);
}

async function runOutOfMemory(tenant: Tenant, deployment: Deployment): Promise<void> {
  await tellOutOfMemory(cloud, deployment.id, 'worker', 'worker-default-1', ['python3']);
  await until(async () => (await healthy(tenant)).statusReason !== undefined, {
    seconds: 60,
    what: () => 'the worker to be reported',
  });
}

/** Workers with other variables take over, and a look, each a minute later, deletes the service of those before. */
async function renewWorkers(
  tenant: Tenant,
  deployment: Deployment,
  look: (later: number) => Promise<void>,
): Promise<void> {
  const environmentVariables = [{ key: 'RENEWED', value: 'yes', isSecret: false }];
  const { status } = await tenant.client.post(pathOf(tenant, deployment), { environmentVariables });
  expect(status).toBe(200);
  let later = 0;
  await until(
    async () => {
      later += MINUTE;
      await look(later);
      const services = Object.keys(await cloud.tasks(deployment.id));
      return services.length === 3 && !services.includes('worker-default-1');
    },
    { seconds: 60, what: () => 'the service of the older workers to be deleted' },
  );
}

/**
 * A queue is removed, and the worker that empties it is lost: looks, each a minute later, have ECS start another, let
 * that go, and delete the service.
 */
async function loseWorker(
  tenant: Tenant,
  deployment: Deployment,
  look: (later: number) => Promise<void>,
): Promise<void> {
  const change = async (workerQueues: object[]) => {
    expect((await tenant.client.post(pathOf(tenant, deployment), { workerQueues })).status).toBe(200);
    await healthy(tenant);
  };
  await change([queue(), queue({ name: 'lost', isDefault: false })]);
  const tasks = await cloud.tasks(deployment.id);
  const [service = '', [lost = ''] = []] =
    Object.entries(tasks).find(([name]) => name.startsWith('worker-lost')) ?? [];
  await cloud.protectTasks([lost]);
  await change([queue()]);
  await cloud.stopTask(lost);
  let later = 0;
  await until(
    async () => {
      later += MINUTE;
      await look(later);
      return !(service in (await cloud.tasks(deployment.id)));
    },
    { seconds: 60, what: () => 'the other worker to go, and the service with it' },
  );
}

async function createFailing(tenant: Tenant): Promise<void> {
  const environmentVariables = [{ key: 'FAIL', value: 'scheduler', isSecret: true }];
  await createDeployment(tenant, { name: 'fails', environmentVariables });
  await remove(tenant, await created(tenant, 'fails'));
}

/** The one that comes too late has stored its variables already. */
async function createTwice(tenant: Tenant): Promise<void> {
  const request = { name: 'twice', environmentVariables: [{ key: 'A', value: 'B', isSecret: true }] };
  const answers = await Promise.all([1, 2, 3].map(() => createDeployment(tenant, request)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  await remove(tenant, await healthy(tenant, 'twice'));
}

/** A service that somebody changed is made right by the step that rolls. */
async function changeByHand(tenant: Tenant): Promise<void> {
  const deployment = await sick(tenant, 'changed');
  const { id: deploymentId } = deployment;
  const other = `arn:aws:ecs:us-east-1:000000000000:task-definition/windsock-${deploymentId}-api:1`;
  const taskDefinitions = { control: other, api: other, 'worker-default-1': other };
  const { organizationId } = tenant;
  const attempt = { organizationId, deploymentId, operation: 1, attempt: 1, rolls: true, putBack: false };
  const state = { ...attempt, taskDefinitions };
  const rolled = await cloud.invoke('step', { step: 'Roll', now: new Date().toISOString(), state });
  expect(rolled.status, JSON.stringify(rolled)).toBe('succeeded');
  await remove(tenant, deployment);
}

/** Its components run and never get healthy. */
async function sick(tenant: Tenant, name: string): Promise<Deployment> {
  const environmentVariables = [{ key: 'SICK', value: 'scheduler', isSecret: true }];
  await createDeployment(tenant, { name, environmentVariables });
  return await reached(tenant, name, 'AwaitStable');
}

/** The task that makes its database runs yet. */
async function deleteEarly(tenant: Tenant): Promise<void> {
  const hangs = join(cloud.folder, 'database-hangs');
  writeFileSync(hangs, '');
  await createDeployment(tenant, { name: 'early' });
  const deployment = await reached(tenant, 'early', 'AwaitDatabase');
  await tenant.client.delete(pathOf(tenant, deployment));
  await until(async () => withheld.missed.size > 0 && isMissed('ecs:StopTask'), {
    seconds: 30,
    what: () => 'the task to be stopped',
  });
  rmSync(hangs);
  await removed(tenant, deployment);
}

const isMissed = (action: string) => [...withheld.missed.keys()].some((right) => right.action === action);

/** Waits until the deployment's first operation has entered this step. */
async function reached(tenant: Tenant, name: string, step: string): Promise<Deployment> {
  const deployment = (await deployments(tenant)).find((other) => other.name === name);
  if (deployment === undefined) throw new Error(`There is no deployment ${name}`);
  const path = `${alphaOf(tenant, deployment)}/operations`;
  await until(async () => JSON.stringify((await tenant.client.get(path)).body).includes(step), {
    seconds: 60,
    what: () => `${name} to enter ${step}`,
  });
  return deployment;
}

async function keepWorkspace({ client, organizationId }: Tenant): Promise<void> {
  const path = `/v1/organizations/${organizationId}/workspaces`;
  const { body } = await client.post(path, { name: 'Another' });
  const { id } = z.object({ id: z.string() }).parse(body);
  expect((await client.delete(`${path}/${id}`)).status).toBe(204);
}

async function keepTeam({ client, organizationId }: Tenant): Promise<void> {
  const organization = `/v1/organizations/${organizationId}`;
  const idOf = ({ body }: { body: unknown }) => z.object({ id: z.string() }).parse(body).id;
  const userId = idOf(await client.get('/v1/users/self'));
  const members = `${organization}/teams/${idOf(await client.post(`${organization}/teams`, { name: 'Team' }))}/members`;
  expect((await client.post(members, { memberIds: [userId] })).status).toBe(204);
  expect((await client.get(`${organization}/users/${userId}/teams`)).status).toBe(200);
}

/** One that nobody verifies. */
async function startSignup(): Promise<void> {
  const person = { email: 'nobody@example.com', password: 'correct horse battery', fullName: 'Nobody' };
  await createClient(cloud.url).post('/v1alpha1/signups', { ...person, organizationName: 'None' });
  const mail = () => createClient(cloud.url).get(`/_local/mail?to=${person.email}`);
  await until(async () => JSON.stringify((await mail()).body).includes('code'), {
    seconds: 30,
    what: () => 'the code',
  });
}

/** Long after a sign-up was forgotten, or variables that no deployment came to have, or a day of the audit log. */
const LATER = 100 * 86_400_000;

/** After this, what was uploaded and never finalized is deleted. */
const HOURS = 3 * 3_600_000;

/** After this, workers that go are looked after again. */
const MINUTE = 61_000;

async function itemOf(kind: string, attribute: string, id: string): Promise<Item> {
  const { Items = [] } = await table().send(new ScanCommand({ TableName: names.table }));
  const item = Items.find((item) => item.__edb_e__ === kind && item[attribute] === id);
  if (item === undefined) throw new Error(`The table has no ${kind} ${id}`);
  return item;
}

/** What stays in the table for a while and is due then, and the entries of a day that is. */
async function itemsThatAreKept(): Promise<Item[]> {
  const { Items = [] } = await table().send(new ScanCommand({ TableName: names.table }));
  return Items.filter(
    ({ dueAt, __edb_e__: kind }) => kind === 'auditEntry' || (dueAt !== undefined && kind !== 'deployment'),
  );
}

async function putBack(items: readonly Item[]): Promise<void> {
  for (const Item of items) await table().send(new PutCommand({ TableName: names.table, Item }));
}

type Item = Record<string, unknown>;
const table = () => DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** An event that comes long after its time. */
async function tellLate(item: Item, later = LATER): Promise<void> {
  const time = new Date(Date.now() + later).toISOString();
  await cloud.invoke('advance', { id: 'late', source: 'windsock', time, detail: dueOf(item) });
}

async function tick(later: number): Promise<void> {
  const time = new Date(Date.now() + later).toISOString();
  await cloud.invoke('clock', { id: 'tick', source: 'aws.events', time });
}

/** Each run of the clock's function logs what it could not do, and the next one tries that again. */
async function untilNotDue(items: readonly Item[], later: number): Promise<void> {
  const keys = new Set(items.map(keyOf));
  await until(
    async () => {
      await tick(later);
      const { Items = [] } = await table().send(new ScanCommand({ TableName: names.table }));
      return !Items.some((item) => item.dueAt !== undefined && keys.has(keyOf(item)));
    },
    { seconds: 60, what: () => 'the clock to do all that was due' },
  );
}

const keyOf = ({ pk, sk }: Item) => `${pk} ${sk}`;

/** While this is done, the clock's function runs all the time. */
async function byTheClock(work: () => Promise<void>): Promise<void> {
  let isDone = false;
  const ticking = (async () => {
    for (; !isDone; await wait(100)) await tick(0);
  })();
  await work().finally(() => {
    isDone = true;
  });
  await ticking;
}
