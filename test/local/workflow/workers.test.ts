import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../support/platform.ts';
import { killProcess, processesOf } from '../../support/processes.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

/** Stand-ins for workers do not follow the pointer: these tests protect those that run tasks, and end those that do not. */
let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;

const BIG = queue({ name: 'big', isDefault: false });

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

test('a worker that is lost while it empties a removed queue is replaced, and the last one goes by itself', async () => {
  await change({ workerQueues: [queue(), BIG] });
  const service = `worker-big-${(await pointer()).queues.big}`;
  const [first = ''] = await working('big');
  await cloud.protectTasks([first]);
  await change({ workerQueues: [queue()] });
  expect((await cloud.services(id))[service]?.count).toBe(0);
  kill(first);
  const tasks = async () => (await cloud.tasks(id))[service] ?? [];
  await byTheClock(async () => (await cloud.services(id))[service]?.count === 1, 'another to be wanted');
  await until(async () => (await tasks()).length === 1, { seconds: 30, what: () => 'another to start' });
  const [second = ''] = await tasks();
  expect(second).not.toBe(first);
  await cloud.protectTasks([second]);
  await byTheClock(async () => (await cloud.services(id))[service]?.count === 0, 'no third to be wanted');
  expect(await tasks()).toEqual([second]);
  end(second);
  await byTheClock(async () => !(service in (await cloud.services(id))), 'the service to be gone');
  await byTheClock(
    async () => (await rehearsed.get(id)).drainingComponents?.length === 0,
    'the deployment to know it',
  );
});

test('a worker of an older generation that has ended is not started again while other operations run', async () => {
  const [older = ''] = await working('default');
  await cloud.protectTasks([older]);
  expect((await rehearsed.update(id, { workerQueues: [queue({ workerConcurrency: 7 })] })).status).toBe(200);
  await until(async () => (await rehearsed.get(id)).runningOperation !== undefined, {
    seconds: 20,
    what: () => 'the change to begin',
  });
  const environmentVariables = [{ key: 'SICK', value: 'scheduler', isSecret: true }];
  expect((await rehearsed.update(id, { environmentVariables })).status).toBe(200);
  await until(
    async () => {
      const [next, change, create] = await rehearsed.operations(id);
      return (
        create !== undefined && change?.status === 'SUCCEEDED' && next?.steps.at(-1)?.name === 'AwaitStable'
      );
    },
    { seconds: 60, what: () => 'the next operation to wait' },
  );
  expect((await cloud.tasks(id))['worker-default-1']).toEqual([older]);
  expect((await cloud.services(id))['worker-default-1']?.count).toBe(0);
  end(older);
  // The operation waits for minutes by the clock, which is moved only once there is something for it to find.
  await until(async () => ((await cloud.tasks(id))['worker-default-1'] ?? []).length === 0, {
    seconds: 30,
    what: () => 'the older worker to have ended',
  });
  await byTheClock(async () => !('worker-default-1' in (await cloud.services(id))), 'its service to be gone');
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'RUNNING' });
});

/** The tasks of a queue's workers that the pointer lets take new Airflow tasks. */
async function working(name: string): Promise<string[]> {
  return (await cloud.tasks(id))[`worker-${name}-${(await pointer()).queues[name]}`] ?? [];
}

async function pointer() {
  return (await cloud.pointer(rehearsed.tenant.organizationId, id)).workers;
}

async function allTasks(): Promise<string[]> {
  return Object.values(await cloud.tasks(id)).flat();
}

/** Ends a worker as its own end does: with the exit code 0. */
function end(taskArn: string): void {
  const all = processesOf(cloud.folder).filter(({ task }) => task === taskArn.split('/').at(-1));
  const shims = all.filter(({ isShim }) => isShim).map(({ pid }) => pid);
  const main = all.filter(({ parent, isShim }) => !isShim && shims.includes(parent));
  expect(main).not.toEqual([]);
  for (const { pid } of main) process.kill(pid, 'SIGTERM');
}

/** Waits until something is so, while the clock looks each minute. */
async function byTheClock(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const look = async () => {
    if (await isSo()) return true;
    await cloud.advanceClock(61);
    return false;
  };
  await until(look, { seconds: 30, what: () => what, every: 1_000 });
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
