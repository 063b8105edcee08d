import type { Service, Task } from '@aws-sdk/client-ecs';

/** How ECS begins the reason of a task that it stopped since its service had one too many. */
const SCALED_IN = 'Scaling activity initiated by';

/**
 * How many tasks the service of workers is to have that empty their queue, by the tasks that it has and had. Of one with
 * a healthy worker ECS starts no more, which would find the queue empty: workers end by themselves. One whose last
 * worker was lost before that gets another, and keeps it in want until it is healthy.
 */
export function wantedToEmpty(
  { desiredCount = 0 }: Pick<Service, 'desiredCount'>,
  tasks: readonly Task[],
): number {
  const running = tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  if (running.some(({ healthStatus }) => healthStatus === 'HEALTHY')) return 0;
  if (running.length > 0) return desiredCount;
  const last = tasks.toSorted((a, b) => endOf(a) - endOf(b)).at(-1);
  return last !== undefined && hasLeft(last) ? 0 : 1;
}

/** Whether a worker ended by itself, its queue being empty, or was let go; else it was lost. */
function hasLeft({ stopCode, stoppedReason = '', containers = [] }: Task): boolean {
  if (stopCode === 'ServiceSchedulerInitiated') return stoppedReason.startsWith(SCALED_IN);
  return stopCode === 'EssentialContainerExited' && containers.every(({ exitCode }) => exitCode === 0);
}

function endOf({ stoppingAt, stoppedAt }: Task): number {
  return (stoppingAt ?? stoppedAt)?.getTime() ?? 0;
}
