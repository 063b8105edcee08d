import { randomUUID } from 'node:crypto';
import { ACCOUNT, REGION } from '../endpoint/service.ts';
import type { Deployment, Service, Task } from './documents.ts';
import { clusterArn, viewTask } from './view.ts';

/** An event of ECS as EventBridge delivers it. */
export interface EcsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'ECS Task State Change' | 'ECS Service Action' | 'ECS Deployment State Change';
  readonly source: 'aws.ecs';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The event of a task that became another; none when nothing that ECS tells of has changed. */
export function taskEvents(before: Task | undefined, after: Task, now: number): EcsEvent[] {
  if (before !== undefined && stateOf(before) === stateOf(after)) return [];
  const detail = { ...viewTask(after), ...isoTimes(after), updatedAt: iso(now) };
  return [event('ECS Task State Change', after.taskArn, detail, now)];
}

/** The events of a service that became another: its deployment's rollout, and that it got steady. */
export function serviceEvents(before: Service, after: Service, now: number): EcsEvent[] {
  const moved = after.deployments.filter((deployment) => {
    const old = before.deployments.find(({ id }) => id === deployment.id);
    return deployment.status === 'PRIMARY' && old?.rolloutState !== deployment.rolloutState;
  });
  const steady = after.steady && !before.steady ? [steadyEvent(after, now)] : [];
  return [...moved.map((deployment) => deploymentEvent(after, deployment, now)), ...steady];
}

function deploymentEvent(service: Service, deployment: Deployment, now: number): EcsEvent {
  const detail = {
    eventType: deployment.rolloutState === 'FAILED' ? 'ERROR' : 'INFO',
    eventName: `SERVICE_DEPLOYMENT_${deployment.rolloutState}`,
    deploymentId: deployment.id,
    updatedAt: iso(now),
    reason: deployment.rolloutStateReason,
  };
  return event('ECS Deployment State Change', service.serviceArn, detail, now);
}

function steadyEvent(service: Service, now: number): EcsEvent {
  const detail = {
    eventType: 'INFO',
    eventName: 'SERVICE_STEADY_STATE',
    clusterArn: clusterArn(service.cluster),
    createdAt: iso(now),
  };
  return event('ECS Service Action', service.serviceArn, detail, now);
}

function event(
  detailType: EcsEvent['detail-type'],
  resource: string,
  detail: EcsEvent['detail'],
  now: number,
): EcsEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.ecs',
    account: ACCOUNT,
    time: iso(now),
    region: REGION,
    resources: [resource],
    detail,
  };
}

function stateOf({ lastStatus, desiredStatus, healthStatus, containers }: Task): string {
  return JSON.stringify([
    lastStatus,
    desiredStatus,
    healthStatus,
    containers.map((container) => [container.lastStatus, container.healthStatus]),
  ]);
}

/** In events ECS writes times as RFC 3339. */
function isoTimes({ createdAt, startedAt, stoppingAt, stoppedAt }: Task) {
  return {
    createdAt: iso(createdAt),
    startedAt: startedAt && iso(startedAt),
    stoppingAt: stoppingAt && iso(stoppingAt),
    stoppedAt: stoppedAt && iso(stoppedAt),
    executionStoppedAt: stoppedAt && iso(stoppedAt),
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
