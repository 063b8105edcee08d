import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Pointer } from '../../../core/workflow/pointer.ts';
import { until } from '../../support/platform.ts';
import { killProcess, processesOf } from '../../support/processes.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

/** Stand-ins for workers do not follow the pointer: these tests protect those that run tasks, and end those that do not. */
let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;

beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
});
beforeEach(async ({ task }) => {
  id = await rehearsed.create(task.name.slice(0, 40));
  expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
  return () => rehearsed.remove(id);
});
afterAll(() => cloud?.stop());

test('as many workers as wanted take tasks when a queue is scaled in and out again while some run long ones', async () => {
  await scale(3);
  const long = await working('default');
  expect(long).toHaveLength(3);
  await cloud.protectTasks(long);
  await scale(1);
  expect(await working('default')).toHaveLength(1);
  await scale(3);
  expect(await working('default')).toHaveLength(3);
  expect(await allTasks()).toEqual(expect.arrayContaining(long));
});

test('the worker that is left by a scale-in is replaced while others still run long tasks', async () => {
  await scale(2);
  await cloud.protectTasks(await working('default'));
  await scale(1);
  const [left = ''] = await working('default');
  kill(left);
  const isReplaced = async () => (await working('default')).some((task) => task !== left);
  await until(isReplaced, { seconds: 30, what: () => 'another worker to take tasks' });
});

/** The tasks of a queue's workers that the pointer lets take new Airflow tasks. */
async function working(name: string): Promise<string[]> {
  return (await cloud.tasks(id))[`worker-${name}-${pointer().queues[name]}`] ?? [];
}

function pointer(): Pointer['workers'] {
  return Pointer.parse(cloud.pointer(rehearsed.tenant.organizationId, id)).workers;
}

async function allTasks(): Promise<string[]> {
  return Object.values(await cloud.tasks(id)).flat();
}

/** Kills the whole task, as the loss of its machine does. */
function kill(taskArn: string): void {
  const lost = processesOf(cloud.folder).filter(({ task }) => task === taskArn.split('/').at(-1));
  expect(lost).not.toEqual([]);
  for (const { pid } of lost) killProcess(pid);
}

async function scale(count: number): Promise<void> {
  await change({ workerQueues: [queue({ minWorkerCount: count, maxWorkerCount: 5 })] });
}

async function change(request: object): Promise<void> {
  const answer = await rehearsed.update(id, request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await rehearsed.settled(id);
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'SUCCEEDED' });
}
