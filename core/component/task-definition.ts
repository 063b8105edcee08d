import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { machineSizing, schedulerSizing, type TaskSize } from '../deployment/sizes.ts';
import { airflowContainer, base } from './container.ts';
import {
  type DatabaseAction,
  databaseEnvironment,
  databaseSecrets,
  pairs,
  sizeEnvironment,
} from './environment.ts';
import { resourceName } from './names.ts';
import type { Component } from './service.ts';
import type { Setting } from './setting.ts';

/** The port of the api-server in its task. */
export const API_PORT = 8080;

/** The portMapping's name, by which Service Connect knows the api-server. */
export const API_PORT_NAME = 'api';

/** The task definition of one of a deployment's services. */
export function serviceTaskDefinition(
  setting: Setting,
  component: Component,
): RegisterTaskDefinitionCommandInput {
  switch (component.kind) {
    case 'control': {
      const { control, memory } = schedulerSizing(setting.spec.schedulerSize);
      const containers = (['scheduler', 'dag-processor', 'triggerer'] as const).map((name) =>
        airflowContainer(setting, name, {
          memory: memory[name],
          environment: sizeEnvironment(setting),
          stopTimeout: 30,
        }),
      );
      return task(setting, 'control', control, containers, setting.taskRoleArn);
    }
    case 'api': {
      const { api } = schedulerSizing(setting.spec.schedulerSize);
      const container = airflowContainer(setting, 'api-server', {
        memory: api.memory,
        environment: [...sizeEnvironment(setting), ...pairs({ WINDSOCK_API_PORT: String(API_PORT) })],
        port: { name: API_PORT_NAME, containerPort: API_PORT },
        stopTimeout: 30,
      });
      return task(setting, 'api', api, [container], setting.taskRoleArn);
    }
    case 'worker': {
      const { name, astroMachine, workerConcurrency } = component.queue;
      const machine = machineSizing(astroMachine);
      const container = airflowContainer(setting, 'worker', {
        memory: machine.memory,
        environment: pairs({
          WINDSOCK_QUEUE: name,
          WINDSOCK_WORKER_CONCURRENCY: String(workerConcurrency),
          WINDSOCK_WORKER_GENERATION: String(component.generation),
        }),
        stopTimeout: 120,
      });
      return task(setting, `worker-${name}`, machine, [container], setting.taskRoleArn);
    }
  }
}

/** The one-off tasks `database create` and `database drop`. They run no tenant's code and need no role. */
export function databaseTaskDefinition(
  setting: Setting,
  action: DatabaseAction,
): RegisterTaskDefinitionCommandInput {
  const container: ContainerDefinition = {
    ...base(setting, 'database'),
    command: ['windsock-airflow', 'database', action],
    environment: databaseEnvironment(setting),
    secrets: databaseSecrets(setting, action),
  };
  return task(setting, 'database', { cpu: 512, memory: 1024 }, [container]);
}

function task(
  { cell, deployment }: Setting,
  name: string,
  { cpu, memory }: TaskSize,
  containerDefinitions: ContainerDefinition[],
  taskRoleArn?: string,
): RegisterTaskDefinitionCommandInput {
  return {
    family: resourceName(deployment.deploymentId, name),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: String(cpu),
    memory: String(memory),
    executionRoleArn: cell.executionRoleArn,
    ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    containerDefinitions,
  };
}
