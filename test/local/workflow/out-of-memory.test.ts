import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { tellOutOfMemory } from '../../support/out-of-memory.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;

beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  id = await rehearsed.create('greedy');
  await rehearsed.settled(id);
});
afterAll(() => cloud.stop());

const Timeline = z.object({ timeline: z.array(z.looseObject({ kind: z.string() })) });

async function timeline() {
  const answer = await rehearsed.tenant.client.get(`${rehearsed.alpha(id)}/timeline`);
  return Timeline.parse(answer.body).timeline;
}

const tell = (component: string, service: string, ...titles: string[]) =>
  tellOutOfMemory(cloud, id, component, service, titles);

async function untilReason(reason: RegExp): Promise<void> {
  let last: string | undefined;
  await until(
    async () => {
      last = (await rehearsed.get(id)).statusReason;
      return last !== undefined && reason.test(last);
    },
    { seconds: 30, what: () => `the reason to be ${reason}; it is ${last}` },
  );
}

test('what ran out of memory is told by the status, with its queue and task', async () => {
  const { updatedAt } = await rehearsed.get(id);
  await tell('worker', 'worker-default-1', 'airflow worker -- greedy takes_all manual__1');
  await untilReason(
    /^A worker of the queue default of 2Gi ran out of memory at \S+Z, running the task takes_all of the DAG greedy in the run manual__1\. Give the queue /,
  );
  expect(await rehearsed.get(id)).toMatchObject({ status: 'HEALTHY', updatedAt });
  expect(await timeline()).toMatchObject([
    {
      kind: 'outOfMemory',
      component: 'worker',
      queue: 'default',
      dagId: 'greedy',
      taskId: 'takes_all',
      runId: 'manual__1',
      memory: '2Gi',
      usedMemory: '2105Mi',
      count: 1,
    },
    { kind: 'create', status: 'SUCCEEDED' },
  ]);
});

test('a storm of it is one entry, and lines of a task that are like it and are not stay out', async () => {
  await tell(
    'worker',
    'worker-default-1',
    ...Array.from({ length: 300 }, (_, run) => `airflow worker -- greedy takes_all manual__${run + 2}`),
  );
  await tell('worker', 'worker-default-1', '\u001b[31m', 'x'.repeat(2_000));
  await tell('dag-processor', 'control', 'airflow dag file -- dags/greedy.py');
  await untilReason(
    /^The dag-processor of 2Gi .* reading the DAG file dags\/greedy\.py\. .* tells of 1 more/,
  );
  await until(async () => JSON.stringify(await timeline()).includes('"count":301'), {
    seconds: 30,
    what: () => 'all to be counted',
  });
  expect((await timeline()).map(({ kind }) => kind)).toEqual(['outOfMemory', 'outOfMemory', 'create']);
});

test('an hour later the status tells of it no more, and the timeline does', async () => {
  await cloud.advanceClock(3_700);
  expect(await rehearsed.get(id)).toMatchObject({ status: 'HEALTHY' });
  expect((await rehearsed.get(id)).statusReason).toBeUndefined();
  expect(await timeline()).toHaveLength(3);
});

test('what comes twice changes nothing, and what is of a deployment that is gone is let go', async () => {
  const before = await timeline();
  const { at } = z.looseObject({ at: z.string() }).parse(before[0]);
  const message =
    "OutOfMemoryError: killed process 47 (airflow dag file -- dags/greedy.py), which used 1720 MiB; all of this container's used 2105 of 2048 MiB";
  const lines = (deploymentId: string) => ({
    messageType: 'DATA_MESSAGE',
    logGroup: `/windsock/${deploymentId}`,
    logStream: `dag-processor/dag-processor/${'0'.repeat(32)}`,
    subscriptionFilters: [rehearsed.tenant.organizationId],
    logEvents: [{ id: '1', timestamp: Date.parse(at), message }],
  });
  for (const batch of [lines(id), lines(`c${'0'.repeat(24)}`), { messageType: 'CONTROL_MESSAGE' }]) {
    const data = gzipSync(JSON.stringify(batch)).toString('base64');
    expect(await cloud.invoke('report', { awslogs: { data } })).toMatchObject({ status: 'succeeded' });
  }
  expect(await timeline()).toEqual(before);
});

test.each([
  ['scheduler', 'control'],
  ['triggerer', 'control'],
  ['api-server', 'api'],
])('a %s that ran out of memory is told by the status and the timeline', async (component, service) => {
  await tell(component, service, `airflow ${component}`);
  const told = `^The ${component} of 2Gi ran out of memory at \\S+Z, in its process airflow ${component}\\. Choose a larger`;
  await untilReason(new RegExp(told));
  expect((await timeline())[0]).toMatchObject({
    kind: 'outOfMemory',
    component,
    process: `airflow ${component}`,
  });
});
