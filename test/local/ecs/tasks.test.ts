import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, startTime } from '../../../local/process.ts';
import { filesWith } from '../../support/files.ts';
import { variableOf } from '../../support/processes.ts';
import { eventually } from '../support/home.ts';
import {
  CLUSTER,
  type Cloud,
  commandsWith,
  createCloud,
  FATES,
  healthyWhen,
  readTasksFolder,
  register,
  run,
  running,
  SECRET,
  shell,
  shimOf,
  stopped,
  taskWhen,
  workFolder,
} from './support.ts';

describe.each(FATES)('tasks of a runner that is %s', (fate) => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud(fate);
  });
  afterEach(() => cloud.destroy());

  test('a task runs, ends with its exit code, and leaves no process and no folder', async () => {
    const logConfiguration = {
      logDriver: 'awslogs' as const,
      options: { 'awslogs-group': 'one', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'p' },
    };
    const taskArn = await run(cloud, shell('echo out; echo err >&2; sleep 1; exit 3', { logConfiguration }));
    const task = await stopped(cloud, taskArn);
    expect(task).toMatchObject({
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited (main: exit code 3)',
      group: 'family:test',
      containers: [{ name: 'main', exitCode: 3, lastStatus: 'STOPPED' }],
    });
    expect(task.startedAt?.getTime()).toBeLessThan(task.stoppedAt?.getTime() ?? 0);
    expect(cloud.log('one')).toEqual(['out', 'err']);
    await eventually('no process is left', () => cloud.processes().length === 0);
    expect(readTasksFolder(cloud)).toEqual([]);
  });

  test('a client token starts one task however often it is sent', async () => {
    const taskDefinition = await register(cloud, shell('exec sleep 60'));
    const command = new RunTaskCommand({ cluster: CLUSTER, taskDefinition, clientToken: 'token-1' });
    const answers = [await cloud.client.send(command), await cloud.client.send(command)];
    const arns = answers.map(({ tasks }) => tasks?.[0]?.taskArn);
    expect(arns[0]).toBe(arns[1]);
    await running(cloud, arns[0] ?? '');
    const { taskArns } = await cloud.client.send(new ListTasksCommand({ cluster: CLUSTER, family: 'test' }));
    expect(taskArns).toEqual([arns[0]]);
    const other = new RunTaskCommand({
      cluster: CLUSTER,
      taskDefinition,
      clientToken: 'token-1',
      startedBy: 'x',
    });
    await expect(cloud.client.send(other)).rejects.toMatchObject({ name: 'ConflictException' });
  });

  test('stopping sends SIGTERM to the main process first, and ends all that is left of the container', async () => {
    const taskArn = await run(
      cloud,
      shell(
        'trap "echo drained > drained; exit 0" TERM; (setsid sleep 300 &); touch ready; while :; do sleep 0.1; done',
        {
          healthCheck: healthyWhen('ready'),
        },
      ),
    );
    await taskWhen(cloud, taskArn, 'healthy', ({ healthStatus }) => healthStatus === 'HEALTHY');
    expect(cloud.processes().length).toBeGreaterThanOrEqual(3);
    await cloud.client.send(new StopTaskCommand({ cluster: CLUSTER, task: taskArn, reason: 'enough' }));
    const task = await stopped(cloud, taskArn);
    expect(task).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 0 }],
    });
    await eventually('no process is left', () => cloud.processes().length === 0);
  });

  test('a container that ignores SIGTERM is killed after its stop timeout', async () => {
    const deaf = shell('trap "" TERM; touch ready; while :; do sleep 0.1; done', {
      healthCheck: healthyWhen('ready'),
      stopTimeout: 1,
    });
    const taskArn = await run(cloud, deaf);
    await taskWhen(cloud, taskArn, 'healthy', ({ healthStatus }) => healthStatus === 'HEALTHY');
    await cloud.client.send(new StopTaskCommand({ cluster: CLUSTER, task: taskArn }));
    expect(await stopped(cloud, taskArn)).toMatchObject({ containers: [{ exitCode: 137 }] });
  });

  test('containers start by their dependencies and stop the other way round', async () => {
    const order = join(cloud.root, 'order');
    const said = (name: string, more: string) =>
      `trap "echo stop-${name} >> ${order}; exit 0" TERM; echo ${name} >> ${order}; ${more}; while :; do sleep 0.05; done`;
    const taskArn = await run(
      cloud,
      shell(`echo init >> ${order}`, { name: 'init', essential: false }),
      shell(said('base', 'sleep 0.5; touch up'), {
        name: 'base',
        dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
        healthCheck: healthyWhen('up'),
      }),
      shell(said('top', 'true'), {
        name: 'top',
        dependsOn: [{ containerName: 'base', condition: 'HEALTHY' }],
      }),
    );
    await running(cloud, taskArn);
    await eventually('top began', () => readFileSync(order, 'utf8').includes('top'));
    await cloud.client.send(new StopTaskCommand({ cluster: CLUSTER, task: taskArn }));
    await stopped(cloud, taskArn);
    expect(readFileSync(order, 'utf8').trim().split('\n')).toEqual([
      'init',
      'base',
      'top',
      'stop-top',
      'stop-base',
    ]);
  });

  test('a dependency that fails fails the task', async () => {
    const taskArn = await run(
      cloud,
      shell('exit 1', { name: 'init', essential: false }),
      shell('sleep 60', { name: 'top', dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] }),
    );
    expect(await stopped(cloud, taskArn)).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'A dependency of container top was not met',
    });
  });

  test.each([
    ['an image that is not there', { image: 'missing' }, /^main: CannotPullContainerError: no such image/],
    [
      'a secret that is not there',
      { secrets: [{ name: 'S', valueFrom: 'missing' }] },
      /unable to pull secrets/,
    ],
    [
      'a command that is not there',
      { command: ['no-such-command'] },
      /CannotStartContainerError.*no-such-command/,
    ],
  ])('%s fails the task with the reason', async (_, more, reason) => {
    const task = await stopped(cloud, await run(cloud, shell('true', more)));
    expect(task).toMatchObject({ stopCode: 'TaskFailedToStart' });
    expect(task.stoppedReason).toMatch(reason);
  });

  test('environment: image, endpoints, role, ports, overrides; secrets never touch the disk', async () => {
    const taskDefinition = await register(
      cloud,
      shell('env | grep -v SECRET > seeing; mv seeing seen; exec sleep 60', {
        environment: [
          { name: 'WINDSOCK_API_PORT', value: '8080' },
          { name: 'OTHER_PORT', value: '5432' },
          { name: 'CHANGED', value: 'before' },
        ],
        portMappings: [{ containerPort: 8080, name: 'api' }],
        secrets: [{ name: 'SECRET', valueFrom: 'arn:secret' }],
      }),
    );
    const { tasks } = await cloud.client.send(
      new RunTaskCommand({
        cluster: CLUSTER,
        taskDefinition,
        overrides: {
          taskRoleArn: 'arn:aws:iam::000000000000:role/windsock-d1',
          containerOverrides: [{ name: 'main', environment: [{ name: 'CHANGED', value: 'after' }] }],
        },
      }),
    );
    const taskArn = tasks?.[0]?.taskArn ?? '';
    const task = await running(cloud, taskArn);
    const seen = join(workFolder(cloud, taskArn), 'seen');
    await eventually('the environment is written', () => existsSync(seen));
    const lines = readFileSync(seen, 'utf8').split('\n');
    const hostPort = task.containers?.[0]?.networkBindings?.[0]?.hostPort;
    expect(lines).toEqual(
      expect.arrayContaining([
        'IMAGE=any',
        'AWS_ENDPOINT_URL_S3=http://127.0.0.1:9',
        'AWS_ACCESS_KEY_ID=role-windsock-d1',
        'CHANGED=after',
        'OTHER_PORT=5432',
        `WINDSOCK_API_PORT=${hostPort}`,
        `ECS_TASK_ARN=${taskArn}`,
        'SPT_NOENV=1',
      ]),
    );
    expect(cloud.processes().map(({ pid }) => variableOf(pid, 'SECRET'))).toContain(SECRET);
    expect(filesWith(cloud.root, SECRET)).toEqual([]);
  });

  test('more memory than the limit kills the container as ECS does', async () => {
    const hog = 'import time; block = bytearray(200 * 1024 * 1024); time.sleep(60)';
    const taskArn = await run(cloud, shell('', { command: ['python3', '-c', hog], memory: 64 }));
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    expect(await stopped(cloud, taskArn)).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: `Essential container in task exited (main: exit code 137, ${reason})`,
      containers: [{ exitCode: 137, reason }],
    });
  });

  test('a shim that is killed ends its container with a reason, and none of its processes is left', async () => {
    const unmarked = `300.${process.pid}`;
    const taskArn = await run(
      cloud,
      shell(`(setsid sleep 300 &); env -i /bin/sleep ${unmarked} & touch ready; sleep 300`, {
        healthCheck: healthyWhen('ready'),
      }),
    );
    await taskWhen(cloud, taskArn, 'healthy', ({ healthStatus }) => healthStatus === 'HEALTHY');
    expect(commandsWith(unmarked)).toHaveLength(1);
    process.kill(shimOf(cloud, taskArn), 'SIGKILL');
    expect(await stopped(cloud, taskArn)).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 137, reason: 'The supervisor of the container was killed' }],
    });
    await eventually('no process is left', () => cloud.processes().length === 0);
    expect(commandsWith(unmarked)).toEqual([]);
  });
});

describe('a runner that goes away', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud();
  });
  afterEach(() => cloud.destroy());

  test('leaves its tasks running, and finds how they ended', async () => {
    const going = await run(cloud, shell('exec sleep 300'));
    const end = join(cloud.root, 'end');
    const ending = await run(cloud, shell(`until [ -e ${end} ]; do sleep 0.1; done; exit 7`));
    await running(cloud, going);
    await running(cloud, ending);
    const shim = shimOf(cloud, going);
    const identity = { pid: shim, startTime: startTime(shim) ?? 0 };
    await cloud.kill();
    writeFileSync(end, '');
    await eventually('the second ended', () => cloud.processes().length === 2);
    await cloud.start();
    expect(await stopped(cloud, ending)).toMatchObject({ containers: [{ exitCode: 7 }] });
    expect((await running(cloud, going)).containers?.[0]?.lastStatus).toBe('RUNNING');
    expect(isAlive(identity)).toBe(true);
  });

  test('with its shims killed too leaves nothing behind after its return', async () => {
    const taskArn = await run(cloud, shell('(setsid sleep 300 &); exec sleep 300'));
    await running(cloud, taskArn);
    await cloud.kill();
    process.kill(shimOf(cloud, taskArn), 'SIGKILL');
    await cloud.start();
    await stopped(cloud, taskArn);
    await eventually('no process is left', () => cloud.processes().length === 0);
    expect(readTasksFolder(cloud)).toEqual([]);
  });

  test('by Ctrl-C stops its tasks, and says why', async () => {
    const taskArn = await run(cloud, shell('trap "exit 0" TERM; while :; do sleep 0.1; done'));
    await running(cloud, taskArn);
    await cloud.stop();
    await eventually('no process is left', () => cloud.processes().length === 0);
    await cloud.start();
    expect(await stopped(cloud, taskArn)).toMatchObject({ stoppedReason: 'The platform was stopped' });
  });

  test('forgets stopped tasks after an hour', async () => {
    const taskArn = await run(cloud, shell('true'));
    await stopped(cloud, taskArn);
    await cloud.kill();
    await cloud.start({ SKEW_MS: String(61 * 60 * 1000) });
    const answer = await cloud.client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [taskArn] }));
    expect(answer).toMatchObject({ tasks: [], failures: [{ arn: taskArn, reason: 'MISSING' }] });
  });
});

describe('a shim that is slow to begin', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud();
    const python = join(cloud.root, 'slow-python');
    writeFileSync(python, '#!/bin/sh\nsleep 60\nexec python3 "$@"\n', { mode: 0o755 });
    await cloud.kill();
    await cloud.start({ WINDSOCK_PYTHON: python });
  });
  afterEach(() => cloud.destroy());

  test('begins nothing for a task that was stopped meanwhile: what has STOPPED has no process and no folder', async () => {
    const taskArn = await run(cloud, shell('exec sleep 300'));
    await eventually('the shim is there', () => cloud.processes().length > 0);
    await cloud.client.send(new StopTaskCommand({ cluster: CLUSTER, task: taskArn }));
    expect(await stopped(cloud, taskArn)).toMatchObject({
      containers: [{ reason: 'Stopped before it started' }],
    });
    expect(cloud.processes()).toEqual([]);
    expect(readTasksFolder(cloud)).toEqual([]);
  });
});
