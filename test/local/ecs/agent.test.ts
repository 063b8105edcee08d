import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteServiceCommand,
  GetTaskProtectionCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/home.ts';
import {
  CLUSTER,
  type Cloud,
  createCloud,
  createService,
  describeTask,
  FATES,
  serviceTasks,
  serviceWhen,
  shell,
  steady,
  stopped,
  workFolder,
} from './support.ts';

const PATH = '/task-protection/v1/state';
const granting = z.object({ protection: z.object({ ExpirationDate: z.string() }) });
const WORKER = 'arn:aws:iam::000000000000:role/worker';

describe.each(FATES)('the agent of a runner that is %s', (fate) => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud(fate);
  });
  afterEach(() => cloud.destroy());

  /** A task definition of a worker that tells where its agent is, and ends when it is asked to. */
  async function worker(taskRoleArn?: string): Promise<string> {
    const line =
      'printenv ECS_AGENT_URI > uri; trap "exit 0" TERM; while [ ! -e done ]; do sleep 0.1; done; exit 0';
    const register = new RegisterTaskDefinitionCommand({
      family: 'worker',
      taskRoleArn,
      containerDefinitions: [shell(line)],
    });
    return (await cloud.client.send(register)).taskDefinition?.taskDefinitionArn ?? '';
  }

  async function agentOf(taskArn: string): Promise<string> {
    const file = join(workFolder(cloud, taskArn), 'uri');
    await eventually('the task tells its agent', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
    return readFileSync(file, 'utf8').trim();
  }

  async function put(uri: string, body: unknown) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${uri}${PATH}`, { method: 'PUT', body: text });
    return { status: response.status, body: await response.json() };
  }

  /** A service of one worker: its ARN, and its agent. */
  async function runWorker(role = WORKER) {
    await createService(cloud, await worker(role));
    await steady(cloud);
    const [task] = await serviceTasks(cloud);
    const taskArn = task?.taskArn ?? '';
    return { taskArn, uri: await agentOf(taskArn) };
  }

  const update = (input: object) =>
    cloud.client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'web', ...input }));

  test('a task protects itself until it says otherwise', async () => {
    const { taskArn, uri } = await runWorker();
    const before = Date.now();
    const granted = await put(uri, { ProtectionEnabled: true, ExpiresInMinutes: 60 });
    expect(granted).toEqual({
      status: 200,
      body: { protection: { ProtectionEnabled: true, TaskArn: taskArn, ExpirationDate: expect.any(String) } },
    });
    const { protection } = granting.parse(granted.body);
    const minutes = (Date.parse(protection.ExpirationDate) - before) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(60);
    expect(minutes).toBeLessThan(61);
    expect(await (await fetch(`${uri}${PATH}`)).json()).toEqual(granted.body);
    const get = new GetTaskProtectionCommand({ cluster: CLUSTER, tasks: [taskArn] });
    expect((await cloud.client.send(get)).protectedTasks).toMatchObject([{ protectionEnabled: true }]);

    await update({ desiredCount: 0 });
    expect((await describeTask(cloud, taskArn)).desiredStatus).toBe('RUNNING');
    expect(await put(uri, { ProtectionEnabled: false })).toEqual({
      status: 200,
      body: { protection: { ProtectionEnabled: false, TaskArn: taskArn, ExpirationDate: null } },
    });
    await stopped(cloud, taskArn);
  });

  test('a protected task outlives the next deployment, and then ends by itself', async () => {
    const { taskArn, uri } = await runWorker();
    await put(uri, { ProtectionEnabled: true });
    await update({ taskDefinition: await worker() });
    await serviceWhen(cloud, 'the next runs too', ({ runningCount }) => runningCount === 2);
    await update({ desiredCount: 0 });
    await serviceWhen(cloud, 'the next has left', ({ runningCount }) => runningCount === 1);
    expect((await describeTask(cloud, taskArn)).desiredStatus).toBe('RUNNING');
    writeFileSync(join(workFolder(cloud, taskArn), 'done'), '');
    await serviceWhen(cloud, 'nothing runs', ({ runningCount }) => runningCount === 0);
  });

  test('a protected task that ends by itself is not replaced when none is wanted', async () => {
    const { taskArn, uri } = await runWorker();
    await put(uri, { ProtectionEnabled: true });
    await update({ desiredCount: 0 });
    writeFileSync(join(workFolder(cloud, taskArn), 'done'), '');
    expect(await stopped(cloud, taskArn)).toMatchObject({ containers: [{ exitCode: 0 }] });
    await serviceWhen(
      cloud,
      'nothing runs',
      ({ runningCount, pendingCount }) => !runningCount && !pendingCount,
    );
    expect(await serviceTasks(cloud)).toEqual([]);
  });

  test('a service that is deleted by force takes its protected tasks along', async () => {
    const { taskArn, uri } = await runWorker();
    await put(uri, { ProtectionEnabled: true });
    await cloud.client.send(new DeleteServiceCommand({ cluster: CLUSTER, service: 'web', force: true }));
    await stopped(cloud, taskArn);
    expect(await put(uri, { ProtectionEnabled: true })).toEqual({
      status: 404,
      body: {
        requestID: expect.any(String),
        error: { Code: 'ResourceNotFoundException', Message: 'Failed to find a task for the request' },
      },
    });
  });

  test('no task is reached by its id, nor one by the agent of another', async () => {
    await createService(cloud, await worker(WORKER), { desiredCount: 2 });
    await steady(cloud);
    const [first, second] = await serviceTasks(cloud);
    const arns = [first?.taskArn ?? '', second?.taskArn ?? ''];
    const uris = await Promise.all(arns.map(agentOf));
    expect(uris[0]).not.toBe(uris[1]);
    const byId = `${new URL(uris[0] ?? '').origin}/api/${arns[0]?.split('/').at(-1)}`;
    expect(await put(byId, { ProtectionEnabled: true })).toMatchObject({ status: 404 });
    await put(uris[0] ?? '', { ProtectionEnabled: true });
    const get = new GetTaskProtectionCommand({ cluster: CLUSTER, tasks: arns });
    expect((await cloud.client.send(get)).protectedTasks).toMatchObject([
      { taskArn: arns[0], protectionEnabled: true },
      { taskArn: arns[1], protectionEnabled: false },
    ]);
    const known = JSON.stringify([first, second, cloud.events()]);
    expect(uris.map((uri) => known.includes(uri.split('/').at(-1) ?? ''))).toEqual([false, false]);
  });

  test('a request that says something else is refused', async () => {
    const { taskArn, uri } = await runWorker();
    const bodies = [
      '{',
      {},
      { ProtectionEnabled: 'yes' },
      { ProtectionEnabled: true, Minutes: 5 },
      { ProtectionEnabled: true, ExpiresInMinutes: 0 },
      { ProtectionEnabled: true, ExpiresInMinutes: 2881 },
    ];
    for (const body of bodies) {
      const error = { Arn: taskArn, Code: 'InvalidParameterException' };
      expect(await put(uri, body), JSON.stringify(body)).toMatchObject({ status: 400, body: { error } });
    }
  });

  test('a task without a role, or whose role is not granted it, gets no protection', async () => {
    await createService(cloud, await worker());
    await steady(cloud);
    const [task] = await serviceTasks(cloud);
    const uri = await agentOf(task?.taskArn ?? '');
    expect(await put(uri, { ProtectionEnabled: true })).toMatchObject({
      status: 403,
      body: { error: { Code: 'AccessDeniedException' } },
    });
    await update({ taskDefinition: await worker('arn:aws:iam::000000000000:role/other') });
    await steady(cloud);
    const [other] = await serviceTasks(cloud);
    expect(await put(await agentOf(other?.taskArn ?? ''), { ProtectionEnabled: true })).toMatchObject({
      status: 400,
      body: {
        error: {
          Code: 'AccessDeniedException',
          Message: `role-other is not authorized to perform: ecs:UpdateTaskProtection on resource: ${other?.taskArn}`,
        },
      },
    });
  });

  test('a task of no service cannot be protected', async () => {
    const run = new RunTaskCommand({ cluster: CLUSTER, taskDefinition: await worker(WORKER) });
    const taskArn = (await cloud.client.send(run)).tasks?.[0]?.taskArn ?? '';
    expect(await put(await agentOf(taskArn), { ProtectionEnabled: true })).toEqual({
      status: 200,
      body: { failure: { Arn: taskArn, Detail: null, Reason: 'TASK_NOT_VALID' } },
    });
  });
});
