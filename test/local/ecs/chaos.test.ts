import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { DeleteServiceCommand, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { PATIENCE } from '../../support/patience.ts';
import { killProcess } from '../../support/processes.ts';
import { eventually } from '../support/home.ts';
import {
  CLUSTER,
  type Cloud,
  createCloud,
  createService,
  healthyWhen,
  readTasksFolder,
  register,
  serviceTasks,
  serviceWhen,
  shell,
  steady,
  stopped,
} from './support.ts';

const KILLS = 25;
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

let cloud: Cloud;
afterEach(() => cloud.destroy());

/** kill -9 of one process of the tasks, shim or not. */
function killOne(pick: number): void {
  const processes = cloud.processes();
  const picked = processes[pick % Math.max(1, processes.length)];
  if (picked !== undefined) killProcess(picked.pid);
}

test(
  `kill -9 of the runner, shims and containers at random moments (CHAOS_SEED=${seed})`,
  async () => {
    cloud = await createCloud();
    const kinds = fc.sample(
      fc.record({
        what: fc.constantFrom('runner', 'process', 'both'),
        pick: fc.nat(100),
        after: fc.nat(400),
      }),
      { numRuns: KILLS, seed },
    );
    const container = shell('(setsid sleep 600 &); touch up; sleep 600', {
      healthCheck: healthyWhen('up'),
      portMappings: [{ containerPort: 80, name: 'http' }],
    });
    await createService(cloud, await register(cloud, container), { desiredCount: 2 });
    const taskDefinition = await register(cloud, shell('echo ran >> ran; sleep 0.3; exit 4'));
    const runOnce = new RunTaskCommand({ cluster: CLUSTER, taskDefinition, clientToken: 'once' });
    const started = new Set<string | undefined>();
    for (const { what, pick, after } of kinds) {
      await wait(after);
      if (what !== 'runner') killOne(pick);
      if (what !== 'process') {
        await cloud.kill();
        await cloud.start();
      }
      started.add((await cloud.client.send(runOnce)).tasks?.[0]?.taskArn);
    }
    expect(started.size).toBe(1);
    const [once = ''] = started;
    const [ran] = (await stopped(cloud, once)).containers ?? [];
    const killed = 128 + constants.signals.SIGKILL;
    if (ran?.reason === undefined) expect([4, killed]).toContain(ran?.exitCode);
    else expect(ran.reason).toContain('supervisor');

    await cloud.client.send(
      new UpdateServiceCommand({
        cluster: CLUSTER,
        service: 'web',
        taskDefinition: await register(cloud, container),
      }),
    );
    await serviceWhen(cloud, 'two run', ({ runningCount }) => runningCount === 2, 90_000);
    await steady(cloud);
    const ids = (await serviceTasks(cloud)).map(({ taskArn }) => taskArn?.split('/').at(-1));
    await eventually('only the tasks that run have folders', () => readTasksFolder(cloud).length === 2);
    expect(readTasksFolder(cloud).sort()).toEqual(ids.sort());
    await eventually('each task has its shim and three processes', () => {
      const processes = cloud.processes();
      return processes.length === 8 && processes.filter(({ isShim }) => isShim).length === 2;
    });

    await cloud.client.send(new DeleteServiceCommand({ cluster: CLUSTER, service: 'web', force: true }));
    await serviceWhen(cloud, 'it ended', ({ status }) => status === 'INACTIVE');
    await eventually('no process is left', () => cloud.processes().length === 0);
    expect(readTasksFolder(cloud)).toEqual([]);
  },
  240_000 * PATIENCE,
);
