import { randomBytes } from 'node:crypto';
import { arn } from '../endpoint/service.ts';
import type { Overrides, Service, Task, TaskDefinition } from './documents.ts';

export interface NewTask {
  readonly cluster: string;
  readonly definition: TaskDefinition;
  readonly group: string;
  readonly overrides: Overrides;
  readonly startedBy?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly service?: Task['service'];
}

/** A task that waits to be started. */
export function newTask({ definition, ...given }: NewTask, now: number): Task {
  return {
    ...given,
    taskArn: arn('ecs', `task/${given.cluster}/${randomBytes(16).toString('hex')}`),
    taskDefinitionArn: definition.taskDefinitionArn,
    agentId: randomBytes(16).toString('hex'),
    desiredStatus: 'RUNNING',
    lastStatus: 'PENDING',
    healthStatus: 'UNKNOWN',
    containers: definition.containerDefinitions.map((container) => ({
      name: container.name,
      image: container.image,
      checked: container.essential && container.healthCheck !== undefined,
      containerPorts: container.portMappings.map(({ containerPort }) => containerPort),
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
    })),
    createdAt: now,
    version: 1,
  };
}

/** A task of a service's primary deployment. */
export function newServiceTask(
  { cluster, serviceName }: Service,
  deploymentId: string,
  definition: TaskDefinition,
  now: number,
): Task {
  const service = { name: serviceName, deploymentId };
  const overrides = { containerOverrides: [] };
  return newTask({ cluster, definition, group: `service:${serviceName}`, overrides, service }, now);
}
