import type { Container, Deployment, Service, Task } from '@aws-sdk/client-ecs';

/** Why a service does not run. */
export type Cause =
  /** A container of a task ended, or runs and is not healthy. */
  | { readonly kind: 'container'; readonly task: Task; readonly container: Container }
  /** ECS has no place for a task, and says so. */
  | { readonly kind: 'unplaced'; readonly said: string }
  /** ECS stopped a task. */
  | { readonly kind: 'stopped'; readonly reason: string };

/** What ended by itself says most, and what was stopped least. */
const ORDER = ['ended', 'unplaced', 'unready', 'stopped'] as const;
type Causes = Readonly<Partial<Record<(typeof ORDER)[number], Cause | undefined>>>;

/**
 * Why the first of these services that does not run does not, from what ECS says of its newest roll-out alone: stopped
 * tasks are kept for an hour, and events for longer, so some are of changes that were made before. What a healthy task
 * came after is overcome, and counts only when there is nothing else. Undefined when ECS says nothing.
 */
export function causeOf(services: readonly Service[], tasks: readonly Task[]): Cause | undefined {
  return (
    firstOf(services.map((service) => causesOf(service, tasks, lastHealthy(service, tasks)))) ??
    firstOf(services.map((service) => causesOf(service, tasks, 0)))
  );
}

function firstOf(all: readonly Causes[]): Cause | undefined {
  return ORDER.flatMap((which) => all.map((causes) => causes[which])).find((cause) => cause !== undefined);
}

/** When the newest healthy task of a service's roll-out was made; 0 when there is none. */
function lastHealthy(service: Service, tasks: readonly Task[]): number {
  const healthy = newestOf(primaryOf(service), tasks).find(
    ({ desiredStatus, healthStatus }) => desiredStatus === 'RUNNING' && healthStatus === 'HEALTHY',
  );
  return time(healthy?.createdAt);
}

/** Of a roll-out the last that happened counts: a task that ended, or that there was no place for one. */
function causesOf(service: Service, tasks: readonly Task[], since: number): Causes {
  const primary = primaryOf(service);
  const newest = newestOf(primary, tasks).filter(({ createdAt }) => time(createdAt) >= since);
  const begun = Math.max(since, time(primary?.createdAt));
  const event = service.events?.find(
    ({ message, createdAt }) => message?.includes('unable to place a task') && time(createdAt) >= begun,
  );
  const said = event?.message;
  const unplaced = said === undefined ? undefined : ({ kind: 'unplaced', said } as const);
  if (unplaced !== undefined && time(event?.createdAt) >= time(newest[0]?.createdAt)) return { unplaced };
  const stopped = newest.find(({ desiredStatus }) => desiredStatus === 'STOPPED');
  const reason = stopped?.stoppedReason;
  return {
    ended: culprit(stopped, hasEnded) ?? culprit(stopped, couldNotRun),
    unplaced,
    unready: newest.map((task) => culprit(task, isUnready)).find((found) => found !== undefined),
    stopped: reason === undefined ? undefined : { kind: 'stopped', reason },
  };
}

function primaryOf({ deployments }: Service): Deployment | undefined {
  return deployments?.find(({ status }) => status === 'PRIMARY');
}

/** The tasks of a roll-out, the newest first. */
function newestOf(rollOut: Deployment | undefined, tasks: readonly Task[]): Task[] {
  return tasks
    .filter(({ startedBy }) => startedBy !== undefined && startedBy === rollOut?.id)
    .toSorted((a, b) => time(b.createdAt) - time(a.createdAt));
}

function culprit(
  task: Task | undefined,
  isToBlame: (container: Container, task: Task) => boolean,
): Cause | undefined {
  const container = task?.containers?.find((candidate) => isToBlame(candidate, task));
  return task === undefined || container === undefined ? undefined : { kind: 'container', task, container };
}

/** 143 is a container's that was told to stop. */
function hasEnded({ exitCode }: Container): boolean {
  return exitCode !== undefined && ![0, 143].includes(exitCode);
}

function couldNotRun({ exitCode, reason }: Container): boolean {
  return exitCode === undefined && reason !== undefined;
}

function isUnready({ healthStatus }: Container, { desiredStatus }: Task): boolean {
  return desiredStatus !== 'STOPPED' && healthStatus !== 'HEALTHY';
}

function time(date: Date | undefined): number {
  return date?.getTime() ?? 0;
}
