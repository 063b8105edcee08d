import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteServiceCommand,
  GetTaskProtectionCommand,
  ListServicesCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readIfThere } from '../../../local/files.ts';
import { killProcess } from '../../support/processes.ts';
import { eventually } from '../support/home.ts';
import {
  CLUSTER,
  type Cloud,
  createCloud,
  createService,
  describeTask,
  FATES,
  healthyWhen,
  register,
  serviceTasks,
  serviceWhen,
  shell,
  steady,
  stopped,
  workFolder,
} from './support.ts';

const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: false } };
/** A container that gets healthy in its own time, and stops when it is asked. */
const up = (more = {}) => shell('touch up; exec sleep 300', { healthCheck: healthyWhen('up'), ...more });

describe.each(FATES)('services of a runner that is %s', (fate) => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud(fate);
  });
  afterEach(() => cloud.destroy());

  const update = (input: object) =>
    cloud.client.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'web', ...input }));

  test('a service runs its desired count, follows changes of it, and is deleted', async () => {
    await createService(cloud, await register(cloud, up()), { desiredCount: 2 });
    expect(await steady(cloud)).toMatchObject({ runningCount: 2, pendingCount: 0, desiredCount: 2 });
    await update({ desiredCount: 1 });
    await serviceWhen(cloud, 'one runs', ({ runningCount }) => runningCount === 1);
    const list = new ListServicesCommand({ cluster: CLUSTER });
    expect((await cloud.client.send(list)).serviceArns).toHaveLength(1);
    await cloud.client.send(new DeleteServiceCommand({ cluster: CLUSTER, service: 'web', force: true }));
    await serviceWhen(cloud, 'it ended', ({ status }) => status === 'INACTIVE');
    expect((await cloud.client.send(list)).serviceArns).toEqual([]);
    await eventually('no process is left', () => cloud.processes().length === 0);
  });

  test('a task that ends by itself is replaced', async () => {
    await createService(cloud, await register(cloud, up()));
    await steady(cloud);
    const [before] = await serviceTasks(cloud);
    for (const { pid } of cloud.processes()) killProcess(pid);
    await stopped(cloud, before?.taskArn ?? '');
    await serviceWhen(cloud, 'another runs', ({ runningCount }) => runningCount === 1);
    const [after] = await serviceTasks(cloud);
    expect(after?.taskArn).not.toBe(before?.taskArn);
  });

  test('a new task definition rolls: the old tasks leave when the new are healthy', async () => {
    const old = await register(cloud, up());
    await createService(cloud, old, { desiredCount: 2 });
    await steady(cloud);
    const next = await register(cloud, up({ environment: [{ name: 'NEW', value: '1' }] }));
    await update({ taskDefinition: next });
    await steady(cloud);
    const tasks = await serviceTasks(cloud);
    expect(tasks.map(({ taskDefinitionArn }) => taskDefinitionArn)).toEqual([next, next]);
    const { deployments = [] } = await serviceWhen(cloud, 'only the new are there', () => true);
    expect(deployments).toMatchObject([{ status: 'PRIMARY' }]);
    expect(tasks.map(({ startedBy }) => startedBy)).toEqual([deployments[0]?.id, deployments[0]?.id]);
  });

  test('tasks that keep failing open the circuit breaker, and the old tasks run on', async () => {
    await createService(cloud, await register(cloud, up()), { deploymentConfiguration: BREAKER });
    await steady(cloud);
    const [good] = await serviceTasks(cloud);
    await update({ taskDefinition: await register(cloud, shell('echo broken; exit 9')) });
    const service = await serviceWhen(
      cloud,
      'the rollout failed',
      ({ deployments }) => deployments?.[0]?.rolloutState === 'FAILED',
    );
    expect(service.deployments?.[0]).toMatchObject({ failedTasks: 3, status: 'PRIMARY' });
    expect(service.deployments?.[0]?.rolloutStateReason).toMatch(
      /^ECS deployment circuit breaker: tasks failed to start\. Task \w+: Essential container in task exited \(main: exit code 9\)$/,
    );
    expect((await serviceTasks(cloud)).map(({ taskArn }) => taskArn)).toEqual([good?.taskArn]);
  });

  test('protected tasks survive scale-in and deployments', async () => {
    await createService(cloud, await register(cloud, up()), { desiredCount: 2 });
    await steady(cloud);
    const [first, second] = await serviceTasks(cloud);
    const tasks = [second?.taskArn ?? ''];
    const protect = new UpdateTaskProtectionCommand({ cluster: CLUSTER, tasks, protectionEnabled: true });
    expect((await cloud.client.send(protect)).protectedTasks).toMatchObject([{ protectionEnabled: true }]);
    await update({ desiredCount: 1 });
    await stopped(cloud, first?.taskArn ?? '');
    await update({ desiredCount: 0 });
    const get = new GetTaskProtectionCommand({ cluster: CLUSTER, tasks });
    expect((await cloud.client.send(get)).protectedTasks).toMatchObject([{ protectionEnabled: true }]);
    expect((await describeTask(cloud, tasks[0] ?? '')).desiredStatus).toBe('RUNNING');
    await cloud.client.send(
      new UpdateTaskProtectionCommand({ cluster: CLUSTER, tasks, protectionEnabled: false }),
    );
    await stopped(cloud, tasks[0] ?? '');
  });

  test('Service Connect: the routes name the healthy tasks, which serve on for a while without', async () => {
    const goneAt = join(cloud.root, 'stopped');
    const line = `trap "date +%s%3N > ${goneAt}; exit 0" TERM; touch up; while :; do sleep 0.02; done`;
    const portMappings = [{ containerPort: 8080, name: 'api' }];
    const taskDefinition = await register(
      cloud,
      shell(line, { healthCheck: healthyWhen('up'), portMappings }),
    );
    await createService(cloud, taskDefinition, {
      serviceConnectConfiguration: {
        enabled: true,
        services: [{ portName: 'api', clientAliases: [{ port: 80, dnsName: 'quasar-1' }] }],
      },
    });
    await steady(cloud);
    const [task] = await serviceTasks(cloud);
    const hostPort = task?.containers?.[0]?.networkBindings?.[0]?.hostPort;
    await eventually('the route is there', () => cloud.routes()['quasar-1']?.length === 1);
    expect(cloud.routes()).toEqual({ 'quasar-1': [`127.0.0.1:${hostPort}`] });
    await update({ desiredCount: 0 });
    await serviceWhen(cloud, 'none runs', ({ runningCount }) => runningCount === 0);
    expect(cloud.routes()).toEqual({});
    await eventually('its main process has ended', () => (readIfThere(goneAt) ?? '') !== '');
    const withoutRoute = statSync(join(cloud.root, 'routes.json')).mtimeMs;
    expect(Number(readFileSync(goneAt, 'utf8')) - withoutRoute).toBeGreaterThanOrEqual(495);
  });

  test('a task that gets unhealthy is replaced', async () => {
    await createService(cloud, await register(cloud, up()));
    await steady(cloud);
    const [first] = await serviceTasks(cloud);
    const taskArn = first?.taskArn ?? '';
    rmSync(join(workFolder(cloud, taskArn), 'up'));
    const task = await stopped(cloud, taskArn);
    expect(task.stoppedReason).toBe('Task failed container health checks (main: no up)');
  });
});

describe('services', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await createCloud();
  });
  afterEach(() => cloud.destroy());

  test('after Ctrl-C and a start the services run again', async () => {
    await createService(cloud, await register(cloud, up()), { deploymentConfiguration: BREAKER });
    await steady(cloud);
    await cloud.stop();
    await eventually('no process is left', () => cloud.processes().length === 0);
    await cloud.start();
    const service = await serviceWhen(cloud, 'it runs', ({ runningCount }) => runningCount === 1);
    expect(service.deployments).toMatchObject([{ failedTasks: 0, rolloutState: 'COMPLETED' }]);
  });

  test('its changes are told as ECS tells EventBridge', async () => {
    await createService(cloud, await register(cloud, up()));
    await steady(cloud);
    const told = cloud.events().map((event) => JSON.stringify([event['detail-type'], event.detail]));
    expect(told.some((text) => /Task State Change.*"lastStatus":"RUNNING".*"HEALTHY"/.test(text))).toBe(true);
    expect(told.some((text) => text.includes('SERVICE_DEPLOYMENT_COMPLETED'))).toBe(true);
    expect(told.some((text) => text.includes('SERVICE_STEADY_STATE'))).toBe(true);
  });
});
