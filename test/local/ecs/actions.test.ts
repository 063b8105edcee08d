import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resources } from '../../../local/ecs/actions/resources.ts';
import { CLUSTER, type Cloud, createCloud, FATES, register, run, shell, stopped } from './support.ts';

describe.each(FATES)('the actions of a runner that is %s', (fate) => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud(fate);
  });
  afterAll(() => cloud.destroy());

  test('task definitions: revisions, families, deregistered, deleted', async () => {
    const { client } = cloud;
    const family = 'revisions';
    const containerDefinitions = [
      shell('true', { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } } }),
    ];
    const arns: string[] = [];
    for (const _ of [1, 2]) {
      const { taskDefinition } = await client.send(
        new RegisterTaskDefinitionCommand({ family, containerDefinitions, volumes: [{ name: 'kept' }] }),
      );
      arns.push(taskDefinition?.taskDefinitionArn ?? '');
    }
    expect(arns.map((arn) => arn.split('/').at(-1))).toEqual(['revisions:1', 'revisions:2']);
    const list = new ListTaskDefinitionsCommand({ familyPrefix: family });
    expect((await client.send(list)).taskDefinitionArns).toEqual(arns);
    const describe = (taskDefinition: string) =>
      client.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    expect((await describe(family)).taskDefinition).toMatchObject({
      revision: 2,
      volumes: [{ name: 'kept' }],
    });

    const [first = '', second = ''] = arns;
    const remove = new DeleteTaskDefinitionsCommand({ taskDefinitions: [first, second] });
    await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: second }));
    expect((await describe(family)).taskDefinition?.revision).toBe(1);
    expect(await client.send(remove)).toMatchObject({
      taskDefinitions: [{ taskDefinitionArn: second, status: 'DELETE_IN_PROGRESS' }],
      failures: [{ arn: first }],
    });
    await expect(describe('nothing')).rejects.toMatchObject({ name: 'ClientException' });
  });

  test('lists come in pages', async () => {
    for (const _ of [1, 2, 3]) await register(cloud, shell('true'));
    const list = (nextToken?: string) =>
      cloud.client.send(new ListTaskDefinitionsCommand({ familyPrefix: 'test', maxResults: 2, nextToken }));
    const first = await list();
    const second = await list(first.nextToken);
    expect([first.taskDefinitionArns?.length, second.taskDefinitionArns?.length]).toEqual([2, 1]);
    expect(second.nextToken).toBeUndefined();
  });

  test('tasks are listed by family, starter and desired status', async () => {
    const taskDefinition = await register(cloud, shell('true'));
    const { tasks } = await cloud.client.send(
      new RunTaskCommand({ cluster: CLUSTER, taskDefinition, startedBy: 'operation-1' }),
    );
    const taskArn = tasks?.[0]?.taskArn ?? '';
    await stopped(cloud, taskArn);
    const list = async (filter: object) =>
      (await cloud.client.send(new ListTasksCommand({ cluster: CLUSTER, ...filter }))).taskArns;
    expect(await list({ startedBy: 'operation-1' })).toEqual([]);
    expect(await list({ startedBy: 'operation-1', desiredStatus: 'STOPPED' })).toEqual([taskArn]);
    expect(await list({ family: 'other', desiredStatus: 'STOPPED' })).toEqual([]);
    expect(await list({ family: 'test', desiredStatus: 'STOPPED' })).toContain(taskArn);
  });

  test('clusters are described', async () => {
    const answer = await cloud.client.send(new DescribeClustersCommand({ clusters: [CLUSTER, 'none'] }));
    expect(answer).toMatchObject({
      clusters: [{ clusterName: CLUSTER, status: 'ACTIVE' }],
      failures: [{ reason: 'MISSING' }],
    });
  });

  test('what is not there is named as ECS names it', async () => {
    const { client } = cloud;
    const task = 'a'.repeat(32);
    await expect(client.send(new StopTaskCommand({ cluster: CLUSTER, task }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    });
    await expect(client.send(new StopTaskCommand({ cluster: 'none', task }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
    const none = { cluster: CLUSTER, service: 'none', taskDefinition: 'none' };
    await expect(client.send(new RunTaskCommand(none))).rejects.toMatchObject({ name: 'ClientException' });
    await expect(client.send(new DeleteServiceCommand(none))).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    });
    expect(
      await client.send(new DescribeServicesCommand({ cluster: CLUSTER, services: ['none'] })),
    ).toMatchObject({ services: [], failures: [{ reason: 'MISSING' }] });
    const described = await client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [task] }));
    expect(described).toMatchObject({ tasks: [], failures: [{ reason: 'MISSING' }] });
    const own = await run(cloud, shell('exec sleep 60'));
    const protect = new UpdateTaskProtectionCommand({
      cluster: CLUSTER,
      tasks: [own, task],
      protectionEnabled: true,
    });
    expect((await client.send(protect)).failures).toMatchObject([
      { reason: 'TASK_NOT_VALID' },
      { reason: 'MISSING' },
    ]);
  });
});

describe('what is refused', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud();
  });
  afterAll(() => cloud.destroy());

  const wrong: [string, Partial<RegisterTaskDefinitionCommandInput>, RegExp][] = [
    ['no container', { containerDefinitions: [] }, /containerDefinitions/],
    ['a broken name', { family: 'a b' }, /family/],
    ['no essential container', { containerDefinitions: [shell('true', { essential: false })] }, /essential/],
    ['one name twice', { containerDefinitions: [shell('true'), shell('true')] }, /names must differ/],
    [
      'a dependency that is not there',
      { containerDefinitions: [shell('true', { dependsOn: [{ containerName: 'x', condition: 'START' }] })] },
      /dependsOn names no x/,
    ],
    [
      'a circle',
      {
        containerDefinitions: [shell('true', { dependsOn: [{ containerName: 'main', condition: 'START' }] })],
      },
      /circle/,
    ],
    [
      'a health check more often than ECS does it',
      { containerDefinitions: [shell('true', { healthCheck: { command: ['CMD', 'true'], interval: 1 } })] },
      /healthCheck\.interval/,
    ],
    [
      'a longer stop than Fargate gives',
      { containerDefinitions: [shell('true', { stopTimeout: 121 })] },
      /stopTimeout/,
    ],
    ['Fargate without a size', { requiresCompatibilities: ['FARGATE'] }, /No Fargate configuration exists/],
    [
      'a size that Fargate does not have',
      { requiresCompatibilities: ['FARGATE'], cpu: '512', memory: '5120' },
      /512 CPU, 5120 memory/,
    ],
    [
      'containers larger than their task',
      {
        memory: '512',
        containerDefinitions: [shell('true', { memory: 300 }), shell('true', { name: 'b', memory: 300 })],
      },
      /memory/,
    ],
  ];
  test.each(wrong)('a task definition with %s', async (_, part, message) => {
    const command = new RegisterTaskDefinitionCommand({
      family: 'wrong',
      containerDefinitions: [shell('true')],
      ...part,
    });
    await expect(cloud.client.send(command)).rejects.toThrow(message);
  });

  test('services: a second one of the name, a port that is not there, deletion while it runs', async () => {
    const { client } = cloud;
    const taskDefinition = await register(cloud, shell('exec sleep 60'));
    const create = (more: object) =>
      client.send(
        new CreateServiceCommand({ cluster: CLUSTER, serviceName: 'one', taskDefinition, ...more }),
      );
    const serviceConnectConfiguration = { enabled: true, services: [{ portName: 'none' }] };
    await expect(create({ serviceConnectConfiguration })).rejects.toThrow(/portName\(s\) \[none\]/);
    await create({ desiredCount: 1 });
    await expect(create({})).rejects.toThrow('Creation of service was not idempotent.');
    const service = { cluster: CLUSTER, service: 'one' };
    await expect(client.send(new DeleteServiceCommand(service))).rejects.toThrow('scaled above 0');
    await client.send(new DeleteServiceCommand({ ...service, force: true }));
    await expect(client.send(new UpdateServiceCommand({ ...service, desiredCount: 1 }))).rejects.toThrow();
  });

  test('an override of a container that is not there', async () => {
    const taskDefinition = await register(cloud, shell('true'));
    const overrides = { containerOverrides: [{ name: 'other' }] };
    const command = new RunTaskCommand({ cluster: CLUSTER, taskDefinition, overrides });
    await expect(cloud.client.send(command)).rejects.toThrow('container named other');
  });
});

test('the resources of a call are the ARNs that IAM asks about', () => {
  const prefix = 'arn:aws:ecs:us-east-1:000000000000:';
  expect(resources('DescribeServices', { cluster: 'cell', services: ['a', 'b'] })).toEqual([
    `${prefix}service/cell/a`,
    `${prefix}service/cell/b`,
  ]);
  expect(resources('StopTask', { cluster: `${prefix}cluster/cell`, task: 'x' })).toEqual([
    `${prefix}task/cell/x`,
  ]);
  expect(resources('RunTask', { taskDefinition: 'td:1' })).toEqual([`${prefix}task-definition/td:1`]);
  expect(resources('ListTasks', { cluster: 'cell' })).toEqual(['*']);
  expect(resources('RunTask', 'nonsense')).toEqual([`${prefix}task-definition/*`]);
});
