import { arn } from '../endpoint/service.ts';
import { taskIdOf } from './container.ts';
import type { Deployment, Service, Task, TaskDefinition } from './documents.ts';
import { bindingsOf } from './ports.ts';

/** How the API shows what ECS keeps. Its times are epoch seconds. */

export function clusterArn(cluster: string): string {
  return arn('ecs', `cluster/${cluster}`);
}

const seconds = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : milliseconds / 1000;

export function viewTask(task: Task) {
  const { cluster, service, clientToken, agentId, ports, protectedUntil, ...shown } = task;
  return {
    ...shown,
    clusterArn: clusterArn(cluster),
    launchType: 'FARGATE',
    connectivity: 'CONNECTED',
    createdAt: seconds(task.createdAt),
    startedAt: seconds(task.startedAt),
    stoppingAt: seconds(task.stoppingAt),
    executionStoppedAt: seconds(task.stoppedAt),
    stoppedAt: seconds(task.stoppedAt),
    startedBy: task.startedBy ?? service?.deploymentId,
    attachments: [],
    containers: task.containers.map(({ checked, containerPorts, healthOutput, startedAt, ...container }) => ({
      ...container,
      containerArn: arn('ecs', `container/${cluster}/${taskIdOf(task.taskArn)}/${container.name}`),
      taskArn: task.taskArn,
      networkBindings: bindingsOf(containerPorts, ports),
      networkInterfaces: [],
    })),
  };
}

export function viewTaskDefinition(definition: TaskDefinition) {
  return {
    ...definition,
    registeredAt: seconds(definition.registeredAt),
    deregisteredAt: seconds(definition.deregisteredAt),
  };
}

/** A service with the counts of its tasks; a task that still stops counts as running. */
export function viewService(service: Service, tasks: readonly Task[]) {
  const { cluster, endedAt, steady, ...shown } = service;
  const own = tasks.filter((task) => task.cluster === cluster && task.service?.name === service.serviceName);
  return {
    ...shown,
    ...counts(own),
    clusterArn: clusterArn(cluster),
    launchType: 'FARGATE',
    schedulingStrategy: 'REPLICA',
    createdAt: seconds(service.createdAt),
    deployments: service.deployments.map((deployment) => viewDeployment(deployment, service, own)),
    events: service.events.map((event) => ({ ...event, createdAt: seconds(event.createdAt) })),
  };
}

function viewDeployment(deployment: Deployment, service: Service, tasks: readonly Task[]) {
  const { lastFailure, ...shown } = deployment;
  return {
    ...shown,
    ...counts(tasks.filter((task) => task.service?.deploymentId === deployment.id)),
    desiredCount: deployment.status === 'PRIMARY' ? service.desiredCount : 0,
    launchType: 'FARGATE',
    createdAt: seconds(deployment.createdAt),
    updatedAt: seconds(deployment.updatedAt),
  };
}

function counts(tasks: readonly Task[]) {
  return {
    runningCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingCount: tasks.filter(({ lastStatus }) => lastStatus === 'PENDING').length,
  };
}

export function viewCluster(cluster: string, tasks: readonly Task[], services: readonly Service[]) {
  const own = services.filter((service) => service.cluster === cluster && service.status === 'ACTIVE');
  const { runningCount, pendingCount } = counts(tasks);
  return {
    clusterArn: clusterArn(cluster),
    clusterName: cluster,
    status: 'ACTIVE',
    runningTasksCount: runningCount,
    pendingTasksCount: pendingCount,
    activeServicesCount: own.length,
    registeredContainerInstancesCount: 0,
  };
}
