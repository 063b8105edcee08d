import type { ContainerDefinition, HealthStatus, Task, TaskContainer, TaskDefinition } from './documents.ts';
import type { ContainerStatus } from './shim.ts';

/** What a task became, and which of its containers must be started or stopped now. */
export interface Step {
  readonly task: Task;
  readonly start: readonly string[];
  readonly stop: readonly string[];
}

/**
 * The life of a task as ECS has it, decided from what its containers were observed to do. Asked again with
 * nothing new it answers the same: starting and stopping are safe to repeat.
 */
export function settle(
  before: Task,
  definition: TaskDefinition,
  observed: ReadonlyMap<string, ContainerStatus>,
  now: number,
): Step {
  const containers = before.containers.map((container) => seen(container, observed.get(container.name)));
  const task = withDesire({ ...before, containers, healthStatus: health(containers) }, definition, now);
  if (task.desiredStatus === 'STOPPED') {
    const stop = task.containers.filter((container) => mayStop(container, task, definition));
    return { task: withStatus(task, now), start: [], stop: stop.map(({ name }) => name) };
  }
  const start = task.containers.filter(
    ({ name, lastStatus }) => lastStatus === 'PENDING' && dependencies(name, task, definition) === 'MET',
  );
  return { task: withStatus(task, now), start: start.map(({ name }) => name), stop: [] };
}

/** A task that is to end, for the given reason; one that already is keeps its first reason. */
export function toStop(
  task: Task,
  stopCode: NonNullable<Task['stopCode']>,
  reason: string,
  now: number,
): Task {
  if (task.desiredStatus === 'STOPPED') return task;
  return { ...task, desiredStatus: 'STOPPED', stopCode, stoppedReason: reason, stoppingAt: now };
}

function seen(container: TaskContainer, status: ContainerStatus | undefined): TaskContainer {
  if (status === undefined) return container;
  return {
    ...container,
    lastStatus: status.state,
    healthStatus: status.health,
    healthOutput: status.healthOutput,
    startedAt: status.startedAt,
    exitCode: status.exitCode,
    reason: status.reason,
  };
}

/** UNHEALTHY when one checked container is, HEALTHY when all are, UNKNOWN else or when none is checked. */
function health(containers: readonly TaskContainer[]): HealthStatus {
  const checked = containers.filter((container) => container.checked);
  if (checked.some(({ healthStatus }) => healthStatus === 'UNHEALTHY')) return 'UNHEALTHY';
  return checked.length > 0 && checked.every(({ healthStatus }) => healthStatus === 'HEALTHY')
    ? 'HEALTHY'
    : 'UNKNOWN';
}

/** A task ends when an essential container has ended, or when one can never be started. */
function withDesire(task: Task, definition: TaskDefinition, now: number): Task {
  const ended = task.containers.find(
    ({ name, lastStatus }) => lastStatus === 'STOPPED' && definitionOf(name, definition).essential,
  );
  if (ended?.startedAt !== undefined) {
    const reason = `Essential container in task exited (${describeEnd(ended)})`;
    return toStop(task, 'EssentialContainerExited', reason, now);
  }
  if (ended !== undefined) return toStop(task, 'TaskFailedToStart', describeEnd(ended), now);
  const stuck = task.containers.find(
    ({ name, lastStatus }) => lastStatus === 'PENDING' && dependencies(name, task, definition) === 'FAILED',
  );
  if (stuck === undefined) return task;
  return toStop(task, 'TaskFailedToStart', `A dependency of container ${stuck.name} was not met`, now);
}

function describeEnd({ name, exitCode, reason }: TaskContainer): string {
  const how = [exitCode === undefined ? undefined : `exit code ${exitCode}`, reason].filter((part) => part);
  return `${name}: ${how.join(', ')}`;
}

type Dependency = 'MET' | 'WAITING' | 'FAILED';

function dependencies(name: string, task: Task, definition: TaskDefinition): Dependency {
  const states = definitionOf(name, definition).dependsOn.map(({ containerName, condition }) => {
    const container = task.containers.find((candidate) => candidate.name === containerName);
    return container === undefined ? 'FAILED' : dependency(container, condition);
  });
  if (states.includes('FAILED')) return 'FAILED';
  return states.includes('WAITING') ? 'WAITING' : 'MET';
}

function dependency(
  { lastStatus, healthStatus, exitCode }: TaskContainer,
  condition: ContainerDefinition['dependsOn'][number]['condition'],
): Dependency {
  const stopped = lastStatus === 'STOPPED';
  switch (condition) {
    case 'START':
      return lastStatus === 'PENDING' ? 'WAITING' : 'MET';
    case 'COMPLETE':
      return stopped ? 'MET' : 'WAITING';
    case 'SUCCESS':
      if (!stopped) return 'WAITING';
      return exitCode === 0 ? 'MET' : 'FAILED';
    case 'HEALTHY':
      if (stopped || healthStatus === 'UNHEALTHY') return 'FAILED';
      return healthStatus === 'HEALTHY' ? 'MET' : 'WAITING';
  }
}

/** Containers stop in the reverse order of their dependencies. */
function mayStop({ name, lastStatus }: TaskContainer, task: Task, definition: TaskDefinition): boolean {
  if (lastStatus === 'STOPPED') return false;
  return task.containers
    .filter((other) => definitionOf(other.name, definition).dependsOn.some((on) => on.containerName === name))
    .every((dependent) => dependent.lastStatus === 'STOPPED');
}

function withStatus(task: Task, now: number): Task {
  if (task.containers.every(({ lastStatus }) => lastStatus === 'STOPPED')) {
    const startedAt = task.startedAt ?? allStarted(task);
    return { ...task, lastStatus: 'STOPPED', startedAt, stoppedAt: task.stoppedAt ?? now };
  }
  const started = task.containers.every(({ lastStatus }) => lastStatus !== 'PENDING');
  if (task.lastStatus !== 'PENDING' || !started) return task;
  return { ...task, lastStatus: 'RUNNING', startedAt: now };
}

/** When the last container of a task that ran unseen started; undefined when one never did. */
function allStarted({ containers }: Task): number | undefined {
  const times = containers.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [startedAt]));
  return times.length === containers.length ? Math.max(...times) : undefined;
}

function definitionOf(name: string, definition: TaskDefinition): ContainerDefinition {
  const container = definition.containerDefinitions.find((candidate) => candidate.name === name);
  if (container === undefined) throw new Error(`${definition.taskDefinitionArn} has no container ${name}`);
  return container;
}
