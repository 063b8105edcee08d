import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  StopTaskCommand,
  type TaskDefinition,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { storagePrefix } from '../../core/component/names.ts';
import { Pointer } from '../../core/workflow/pointer.ts';
import { names, stateMachineArn } from '../../local/names.ts';
import { portsSchema } from '../../local/ports.ts';

/** The state machines whose executions work on deployments. */
export const machines = [stateMachineArn('operate'), stateMachineArn('remove')];

/** What the owner of the AWS account sees and does past the API; services go by their names without the prefix. */
export interface Owner {
  readonly workflows: SFNClient;
  /** The tasks that a deployment's services run. */
  tasks(deploymentId: string): Promise<Record<string, string[]>>;
  /** What a deployment's services run. */
  services(deploymentId: string): Promise<Record<string, Service>>;
  /** What a deployment's pointer tells its components. */
  pointer(organizationId: string, deploymentId: string): Promise<Pointer>;
  /** The values of the variables that a deployment's scheduler runs with. */
  variables(deploymentId: string): Promise<unknown>;
  /** Stops every execution that runs, as its own failure would. */
  stopExecutions(): Promise<void>;
  /** Stops the task that makes a deployment's database, as Ctrl-C stops all tasks; answers whether there was one. */
  stopDatabaseTask(deploymentId: string): Promise<boolean>;
  /** Does what workers do that run something: ECS stops these tasks no more since they are too many. */
  protectTasks(tasks: string[]): Promise<void>;
  /** Stops a task past its service, which starts another when it wants one. */
  stopTask(task: string): Promise<void>;
  /** Ends its connections. */
  destroy(): void;
}

/** How many tasks ECS is to run of a service, and its task definition. */
export interface Service {
  readonly count: number;
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly containers: readonly {
    readonly name: string | undefined;
    readonly image: string | undefined;
    readonly memory: number | undefined;
    readonly environment: Readonly<Record<string, string>>;
  }[];
}

/** How the AWS SDK's clients reach the cloud whose data folder this is, as its owner, who may do all. */
export function accountOf(home: string, server: 'endpoints' | 's3' = 'endpoints') {
  const ports = portsSchema.parse(JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')));
  return {
    endpoint: `http://127.0.0.1:${ports[server]}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'runner', secretAccessKey: 'local' },
  };
}

/** The owner of the cloud whose data folder this is. */
export function ownerOf(home: string): Owner {
  const account = accountOf(home);
  const workflows = new SFNClient(account);
  const containers = new ECSClient(account);
  const secrets = new SecretsManagerClient(account);
  const objects = new S3Client({ ...accountOf(home, 's3'), forcePathStyle: true });

  /** What is said of each of a deployment's services. */
  async function ofServices<T>(
    deploymentId: string,
    said: (serviceName: string) => Promise<T>,
  ): Promise<Record<string, T>> {
    const { serviceArns = [] } = await containers.send(
      new ListServicesCommand({ cluster: names.cluster, maxResults: 100 }),
    );
    const prefix = `windsock-${deploymentId}-`;
    const services = serviceArns
      .map((arn) => arn.split('/').at(-1) ?? '')
      .filter((name) => name.startsWith(prefix));
    const entries = services.map(async (name) => [name.slice(prefix.length), await said(name)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  async function serviceOf(name: string): Promise<{ count: number; definition: TaskDefinition }> {
    const { services = [] } = await containers.send(
      new DescribeServicesCommand({ cluster: names.cluster, services: [name] }),
    );
    const { desiredCount: count = 0, taskDefinition: arn } = services[0] ?? {};
    const { taskDefinition: definition = {} } = await containers.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
    );
    return { count, definition };
  }

  return {
    workflows,
    tasks: (deploymentId) =>
      ofServices(deploymentId, async (serviceName) => {
        const { taskArns = [] } = await containers.send(
          new ListTasksCommand({ cluster: names.cluster, serviceName }),
        );
        return taskArns;
      }),
    services: (deploymentId) =>
      ofServices(deploymentId, async (service) => {
        const { count, definition } = await serviceOf(service);
        return {
          count,
          cpu: definition.cpu,
          memory: definition.memory,
          containers: (definition.containerDefinitions ?? []).map((container) => ({
            name: container.name,
            image: container.image,
            memory: container.memory,
            environment: Object.fromEntries(
              (container.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
            ),
          })),
        };
      }),
    async pointer(organizationId, deploymentId) {
      const Key = `${storagePrefix(organizationId, deploymentId)}/pointer.json`;
      const { Body } = await objects.send(new GetObjectCommand({ Bucket: names.bucket, Key }));
      return Pointer.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    },
    async variables(deploymentId) {
      const { definition } = await serviceOf(`windsock-${deploymentId}-control`);
      const held = definition.containerDefinitions?.[0]?.secrets ?? [];
      const SecretId = held.find(({ name }) => name === 'WINDSOCK_VARIABLES')?.valueFrom;
      if (SecretId === undefined) return {};
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      return JSON.parse(z.string().parse(SecretString));
    },
    async stopExecutions() {
      for (const stateMachineArn of machines) {
        const { executions = [] } = await workflows.send(
          new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
        );
        for (const { executionArn } of executions) {
          await workflows.send(new StopExecutionCommand({ executionArn, cause: 'stopped by the test' }));
        }
      }
    },
    async stopDatabaseTask(deploymentId) {
      const family = `windsock-${deploymentId}-database`;
      const { taskArns = [] } = await containers.send(
        new ListTasksCommand({ cluster: names.cluster, family }),
      );
      for (const task of taskArns) {
        await containers.send(new StopTaskCommand({ cluster: names.cluster, task }));
      }
      return taskArns.length > 0;
    },
    async protectTasks(tasks) {
      await containers.send(
        new UpdateTaskProtectionCommand({ cluster: names.cluster, tasks, protectionEnabled: true }),
      );
    },
    async stopTask(task) {
      await containers.send(new StopTaskCommand({ cluster: names.cluster, task }));
    },
    destroy() {
      for (const client of [workflows, containers, secrets, objects]) client.destroy();
    },
  };
}
