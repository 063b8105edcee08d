import type { Deployment, Service, Task } from './documents.ts';

/** A task without a health check counts as ready when it has run this long. */
const READY_AFTER_MS = 2_000;

/** Failures in a row by which the circuit breaker opens: half the desired count, at least 3, at most 200 (ECS). */
const BREAKER = { least: 3, most: 200 };

/** The longest pause before a crash-looping service tries again. */
const LONGEST_PAUSE_MS = 60_000;

/** What a service must do now. */
export interface Decision {
  readonly service: Service;
  /** How many tasks of the primary deployment to start. */
  readonly start: number;
  readonly stop: readonly { readonly taskArn: string; readonly reason: string }[];
}

/**
 * ECS's service scheduler as a pure function: how many tasks to start, which to stop, and how the deployment
 * goes. `tasks` are the service's that have not ended; `ended` those seen to end since the last decision.
 */
export function decide(
  before: Service,
  tasks: readonly Task[],
  ended: readonly Task[],
  now: number,
): Decision {
  const live = tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  const unhealthy = live.filter(({ healthStatus }) => healthStatus === 'UNHEALTHY');
  const failures = [...ended.filter(failedByItself), ...unhealthy];
  const service = judged(withFailures(before, failures, live, now), tasks, now);
  const stop = [
    ...unhealthy.map((task) => ({ taskArn: task.taskArn, reason: unhealthyReason(task) })),
    ...unwanted(service, live, now),
  ];
  const start = missing(service, tasks, new Set(stop.map(({ taskArn }) => taskArn)));
  return { service, start: earliestStart(primaryOf(service)) <= now ? start : 0, stop };
}

/** Whether a task counts as healthy for its service. */
export function isReady(task: Task, now: number): boolean {
  if (task.desiredStatus !== 'RUNNING' || task.lastStatus !== 'RUNNING') return false;
  if (task.healthStatus === 'HEALTHY') return true;
  return !hasHealthCheck(task) && now - (task.startedAt ?? now) >= READY_AFTER_MS;
}

export function primaryOf({ deployments, serviceArn }: Service): Deployment {
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  if (primary === undefined) throw new Error(`${serviceArn} has no primary deployment`);
  return primary;
}

function hasHealthCheck(task: Task): boolean {
  return task.containers.some(({ checked }) => checked);
}

function failedByItself({ stopCode }: Task): boolean {
  return stopCode === 'EssentialContainerExited' || stopCode === 'TaskFailedToStart';
}

function unhealthyReason({ containers }: Task): string {
  const container = containers.find(({ healthStatus }) => healthStatus === 'UNHEALTHY');
  const output = container?.healthOutput ? `: ${container.healthOutput}` : '';
  return `Task failed container health checks (${container?.name}${output})`;
}

/** Counts failures per deployment; a task that was started after the last one and got ready ends the row. */
function withFailures(
  service: Service,
  failures: readonly Task[],
  live: readonly Task[],
  now: number,
): Service {
  const deployments = service.deployments.map((deployment) => {
    const own = failures.filter((task) => task.service?.deploymentId === deployment.id);
    const recovered = live.some(
      (task) =>
        task.service?.deploymentId === deployment.id &&
        task.createdAt >= (deployment.lastFailure?.at ?? now) &&
        isReady(task, now),
    );
    const last = own.at(-1);
    const failedTasks = (recovered ? 0 : deployment.failedTasks) + own.length;
    if (last === undefined) return { ...deployment, failedTasks };
    const reason = `Task ${last.taskArn.split('/').at(-1)}: ${last.stoppedReason ?? unhealthyReason(last)}`;
    return { ...deployment, failedTasks, lastFailure: { at: now, reason } };
  });
  return { ...service, deployments };
}

/** Moves the primary's rollout on, drops deployments that have no task left, ends a drained service. */
function judged(service: Service, tasks: readonly Task[], now: number): Service {
  const deployments = service.deployments.filter(
    ({ id, status }) => status === 'PRIMARY' || tasks.some((task) => task.service?.deploymentId === id),
  );
  const primary = primaryOf(service);
  const own = tasks.filter((task) => task.service?.deploymentId === primary.id);
  const ready = own.filter((task) => isReady(task, now)).length;
  const steady =
    deployments.length === 1 && own.length === service.desiredCount && ready === service.desiredCount;
  const rollout = rolloutOf(primary, {
    steady,
    broken: service.deploymentConfiguration.deploymentCircuitBreaker.enable && isBroken(service, primary),
  });
  const judgedPrimary =
    rollout.rolloutState === primary.rolloutState ? primary : { ...primary, ...rollout, updatedAt: now };
  const next = {
    ...service,
    deployments: deployments.map((d) => (d.id === primary.id ? judgedPrimary : d)),
    steady,
  };
  return service.status === 'DRAINING' && tasks.length === 0
    ? { ...next, status: 'INACTIVE', endedAt: now }
    : next;
}

function rolloutOf(
  { rolloutState, rolloutStateReason, id, lastFailure }: Deployment,
  { steady, broken }: { steady: boolean; broken: boolean },
): Pick<Deployment, 'rolloutState' | 'rolloutStateReason'> {
  if (rolloutState !== 'IN_PROGRESS') return { rolloutState, rolloutStateReason };
  if (steady) return { rolloutState: 'COMPLETED', rolloutStateReason: `ECS deployment ${id} completed.` };
  if (!broken) return { rolloutState, rolloutStateReason };
  return {
    rolloutState: 'FAILED',
    rolloutStateReason:
      `ECS deployment circuit breaker: tasks failed to start. ${lastFailure?.reason ?? ''}`.trim(),
  };
}

function isBroken({ desiredCount }: Service, { failedTasks }: Deployment): boolean {
  return failedTasks >= Math.min(BREAKER.most, Math.max(BREAKER.least, Math.ceil(desiredCount / 2)));
}

/**
 * Healthy tasks that are no longer wanted. One that is ready goes only while enough others are ready, as the
 * minimum healthy percent has it: another may be wanted in its place, but not ready yet.
 */
function unwanted(service: Service, live: readonly Task[], now: number): Decision['stop'] {
  const { id } = primaryOf(service);
  const minimum = Math.ceil(
    (service.desiredCount * service.deploymentConfiguration.minimumHealthyPercent) / 100,
  );
  const spare = Math.max(0, live.filter((task) => isReady(task, now)).length - minimum);
  const healthy = live.filter(({ healthStatus }) => healthStatus !== 'UNHEALTHY');
  const tasks = [...surplus(service, healthy, now), ...replaced(service, healthy, now)];
  return [
    ...tasks.filter((task) => !isReady(task, now)),
    ...tasks.filter((task) => isReady(task, now)).slice(0, spare),
  ].map(({ taskArn }) => ({ taskArn, reason: `Scaling activity initiated by deployment ${id}` }));
}

/** Tasks of the primary beyond the desired count: unprotected ones, those not ready first, then the newest. */
function surplus(service: Service, healthy: readonly Task[], now: number): Task[] {
  const own = healthy.filter((task) => isPrimary(service, task));
  return own
    .filter((task) => service.status === 'DRAINING' || !isProtected(task, now))
    .sort((a, b) => Number(isReady(a, now)) - Number(isReady(b, now)) || b.createdAt - a.createdAt)
    .slice(0, Math.max(0, own.length - service.desiredCount));
}

/** Unprotected tasks of older deployments. None once the rollout failed. */
function replaced(service: Service, healthy: readonly Task[], now: number): Task[] {
  if (primaryOf(service).rolloutState === 'FAILED' && service.desiredCount > 0) return [];
  return healthy
    .filter((task) => !isPrimary(service, task))
    .filter((task) => service.status === 'DRAINING' || !isProtected(task, now));
}

/** How many tasks the primary lacks, as the maximum percent allows: tasks that still stop count against it. */
function missing(service: Service, tasks: readonly Task[], stopping: ReadonlySet<string>): number {
  if (primaryOf(service).rolloutState === 'FAILED') return 0;
  const own = tasks.filter(
    (task) => isPrimary(service, task) && task.desiredStatus === 'RUNNING' && !stopping.has(task.taskArn),
  );
  const maximum = Math.floor((service.desiredCount * service.deploymentConfiguration.maximumPercent) / 100);
  return Math.max(0, Math.min(service.desiredCount - own.length, maximum - tasks.length));
}

/** After the second failure in a row each try waits twice as long as the one before, from a second to a minute. */
function earliestStart({ failedTasks, lastFailure }: Deployment): number {
  if (lastFailure === undefined || failedTasks < 2) return 0;
  return lastFailure.at + Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (failedTasks - 2));
}

function isPrimary(service: Service, task: Task): boolean {
  return task.service?.deploymentId === primaryOf(service).id;
}

function isProtected({ protectedUntil }: Task, now: number): boolean {
  return protectedUntil !== undefined && protectedUntil > now;
}
