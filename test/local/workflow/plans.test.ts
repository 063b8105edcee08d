import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
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
});
afterAll(() => cloud.stop());

const services = async () => Object.keys(await cloud.tasks(id)).sort();

test('a create does what its plan says', async () => {
  const { client, workspaceId } = rehearsed.tenant;
  const request = { name: 'planned', workspaceId };
  const answer = await client.post(`${rehearsed.path}?dryRun=plan`, request);
  const { plan } = Planned.parse(answer.body);
  const created = await client.post(rehearsed.path, request);
  id = z.object({ id: z.string() }).parse(created.body).id;
  await rehearsed.settled(id);
  expect(await rehearsed.operations(id)).toMatchObject([{ status: 'SUCCEEDED', plan }]);
  expect(await services()).toEqual(plan.components.started.toSorted());
});

test('a deploy does what its plan says: it restarts nothing', async () => {
  const tasks = await cloud.tasks(id);
  const { url, body } = await rehearsed.upload(id, 'print("planned")');
  const { plan } = Planned.parse((await rehearsed.tenant.client.post(`${url}?dryRun=plan`, body)).body);
  expect(plan.bundle).toMatchObject({ from: null, to: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect((await rehearsed.get(id)).desiredDagTarballVersion).toBeUndefined();
  expect((await rehearsed.tenant.client.post(url, body)).status).toBe(200);
  expect(await rehearsed.settled(id)).toMatchObject({ dagTarballVersion: body.dagTarballVersion });
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'SUCCEEDED', plan });
  expect(await cloud.tasks(id)).toEqual(tasks);
});

test('a version whose image does not start is put back, with what its log says', async () => {
  const before = await rehearsed.get(id);
  const { 'worker-default-1': workers } = await cloud.tasks(id);
  cloud.breakImage('3.3-1');
  expect((await rehearsed.update(id, { astroRuntimeVersion: '3.3-1' })).status).toBe(200);
  const after = await rehearsed.settled(id);
  const reason = expect.stringContaining("ModuleNotFoundError: No module named 'airflow'");
  expect(after).toMatchObject({
    status: 'HEALTHY',
    statusReason: reason,
    runtimeVersion: before.runtimeVersion,
    runningRevision: before.runningRevision,
  });
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'FAILED', reason });
  await until(
    async () => {
      await cloud.advanceClock(61);
      return (await services()).length === 3;
    },
    { seconds: 20, what: () => 'the workers that did not start to be gone' },
  );
  expect(await services()).toEqual(['api', 'control', 'worker-default-1']);
  expect((await cloud.tasks(id))['worker-default-1']).toEqual(workers);
});

test('deploys and rollbacks stand in the audit log with who asked for them', async () => {
  const { client, userId: subjectId } = rehearsed.tenant;
  const deployed = await rehearsed.get(id);
  const revisions = `${rehearsed.alpha(id)}/revisions`;
  expect((await client.post(`${revisions}/1/rollback`, {})).status).toBe(200);
  await rehearsed.settled(id);
  const audited = async () => (await rehearsed.auditLogs()).filter(({ resourceId }) => resourceId === id);
  await until(async () => (await audited()).length === 4, {
    seconds: 30,
    what: () => 'create, deploy, update and rollback to be in the audit log',
  });
  const bundle = { version: deployed.dagTarballVersion };
  const entries = (await audited()).toSorted((a, b) => a.timestamp.localeCompare(b.timestamp));
  expect(entries).toMatchObject([
    { action: 'CREATE' },
    { action: 'UPDATE', subjectId, after: { bundle } },
    { action: 'UPDATE', subjectId, after: { runtimeVersion: '3.3-1' } },
    { action: 'UPDATE', subjectId, before: { bundle }, after: {} },
  ]);
});

test('a delete does what its plan says', async () => {
  const { client } = rehearsed.tenant;
  const url = `${rehearsed.path}/${id}`;
  const { plan } = Planned.parse((await client.delete(`${url}?dryRun=plan`)).body);
  expect(plan.components.stopped.toSorted()).toEqual(await services());
  cloud.setComponentsStaying(true);
  onTestFinished(() => cloud.setComponentsStaying(false));
  expect((await client.delete(url)).status).toBe(204);
  await until(async () => (await rehearsed.operations(id))[0]?.kind === 'delete', {
    seconds: 30,
    what: () => 'the delete to begin',
  });
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'RUNNING', plan });
  cloud.setComponentsStaying(false);
  await until(async () => (await client.get(url)).status === 404, {
    seconds: 50,
    what: () => 'it to be gone',
  });
  expect(await services()).toEqual([]);
});
