import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Change } from '../../../core/operation/timeline.ts';
import { Planned } from '../../../core/operation/view.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  id = await rehearsed.create('back');
  await rehearsed.settled(id);
});
afterAll(() => cloud.stop());

const post = (path: string, body: object = {}) => rehearsed.tenant.client.post(path, body);
const rollback = (revision: number | undefined) => `${rehearsed.alpha(id)}/revisions/${revision}/rollback`;

async function changed(change: object) {
  expect((await rehearsed.update(id, change)).status).toBe(200);
  const deployment = await rehearsed.settled(id);
  const [operation] = await rehearsed.operations(id);
  return { deployment, operation };
}

async function timeline() {
  const { body } = await rehearsed.tenant.client.get(`${rehearsed.alpha(id)}/timeline`);
  return z.object({ timeline: z.array(Change) }).parse(body).timeline;
}

test('while a change is made, it is told what runs, what is desired and what waits', async () => {
  const { deployment } = await changed({ isHighAvailability: true });
  cloud.setComponentsStaying(true);
  onTestFinished(() => cloud.setComponentsStaying(false));
  await rehearsed.update(id, { isHighAvailability: false });
  await until(async () => (await rehearsed.get(id)).runningOperation !== undefined, {
    seconds: 20,
    what: () => 'the change to begin',
  });
  await rehearsed.update(id, { schedulerSize: 'MEDIUM' });
  await rehearsed.update(id, { executor: 'CELERY' });
  const { runningRevision } = deployment;
  const { runningOperation, ...now } = await rehearsed.get(id);
  expect(now).toMatchObject({
    status: 'DEPLOYING',
    runningRevision,
    isHighAvailability: false,
    schedulerSize: 'MEDIUM',
    executor: 'CELERY',
    waitingIntents: 2,
  });
  expect((await rehearsed.operations(id))[0]).toMatchObject({ number: runningOperation, status: 'RUNNING' });
  const waiting = await timeline();
  expect(waiting).toMatchObject([
    { status: 'WAITING', after: { executor: 'CELERY' } },
    { status: 'WAITING', after: { schedulerSize: 'MEDIUM' } },
    { status: 'RUNNING', after: { isHighAvailability: false }, operation: { number: runningOperation } },
    { status: 'SUCCEEDED' },
    { status: 'SUCCEEDED', kind: 'create' },
  ]);
  expect(waiting.slice(0, 2).map(({ operation }) => operation)).toEqual([undefined, undefined]);
  cloud.setComponentsStaying(false);
  expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY', waitingIntents: 0 });
  const [celery, medium] = await timeline();
  expect([celery?.status, medium?.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(celery?.operation?.number).toBe(medium?.operation?.number);
});

test('what never ran is not rolled back to, and neither is what the plan does not allow any more', async () => {
  const breaking = { environmentVariables: [{ key: 'FAIL', value: 'worker', isSecret: false }] };
  const { operation: failed } = await changed(breaking);
  expect(failed?.status).toBe('FAILED');
  const { operation: large } = await changed({ schedulerSize: 'LARGE' });
  await changed({ schedulerSize: 'SMALL' });
  const before = await rehearsed.operations(id);
  for (const query of ['', '?dryRun=plan']) {
    expect(await post(`${rollback(failed?.toRevision)}${query}`)).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'revision', code: 'not_restorable' }] },
    });
    await rehearsed.setPlan('TRIAL');
    expect(await post(`${rollback(large?.toRevision)}${query}`)).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'schedulerSize', code: 'plan_limit' }] },
    });
    await rehearsed.setPlan('TEAM');
  }
  expect(await rehearsed.operations(id)).toEqual(before);
  expect((await post(rollback(large?.toRevision))).status).toBe(200);
  expect(await rehearsed.settled(id)).toMatchObject({ schedulerSize: 'LARGE', status: 'HEALTHY' });
});

test('the code of a deploy is planned to go back before it does; one never delivered does not', async () => {
  const Begun = z.object({ id: z.string() });
  const first = Begun.parse((await rehearsed.deliver(id, 'print("old")')).body);
  await rehearsed.settled(id);
  await rehearsed.deliver(id, 'print("new")');
  await rehearsed.settled(id);
  const deploys = `${rehearsed.path}/${id}/deploys`;
  const { deployment, operation: before } = await changed({ schedulerSize: 'MEDIUM' });
  const { plan } = Planned.parse((await post(`${deploys}/${first.id}/rollback?dryRun=plan`)).body);
  expect(plan.components).toMatchObject({ started: [], restarted: [], scaled: [], drained: [] });
  expect(await rehearsed.get(id)).toEqual(deployment);
  expect((await post(`${deploys}/${first.id}/rollback`)).status).toBe(200);
  await rehearsed.settled(id);
  const [operation] = await rehearsed.operations(id);
  expect(operation).toMatchObject({ number: (before?.number ?? 0) + 1, status: 'SUCCEEDED', plan });
  const undelivered = Begun.parse((await post(deploys, { type: 'DAG_ONLY' })).body);
  for (const query of ['', '?dryRun=plan']) {
    expect(await post(`${deploys}/${undelivered.id}/rollback${query}`)).toMatchObject({
      status: 400,
      body: { fieldErrors: [{ field: 'deployId', code: 'not_restorable' }] },
    });
  }
});
