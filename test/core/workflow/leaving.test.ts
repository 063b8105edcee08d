import type { Task } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { wantedToEmpty } from '../../../core/workflow/leaving.ts';

const starting: Task = { desiredStatus: 'RUNNING', healthStatus: 'UNKNOWN' };
const healthy: Task = { desiredStatus: 'RUNNING', healthStatus: 'HEALTHY' };
const scaledIn = 'Scaling activity initiated by (deployment ecs-svc/1)';

/** A task that began to stop at that second, and why. */
function ended(second: number, stopCode: Task['stopCode'], exitCode: number, stoppedReason = ''): Task {
  return {
    desiredStatus: 'STOPPED',
    stoppingAt: new Date(second * 1_000),
    stopCode,
    stoppedReason,
    containers: [{ exitCode }],
  };
}

const byItself = (second: number) => ended(second, 'EssentialContainerExited', 0);
const lost = (second: number) => ended(second, 'EssentialContainerExited', 137);

test.each<[string, number, Task[], number]>([
  ['a healthy worker empties it', 3, [healthy, healthy, starting], 0],
  ['one that was started for a lost one is healthy', 1, [lost(1), healthy], 0],
  ['one that was started for a lost one is not healthy yet', 1, [lost(1), starting], 1],
  ['the last one ended by itself', 0, [lost(1), byItself(2)], 0],
  ['the last one was lost, after another had ended by itself', 0, [lost(2), byItself(1)], 1],
  [
    'the last one was one too many, and not protected',
    0,
    [ended(1, 'ServiceSchedulerInitiated', 0, scaledIn)],
    0,
  ],
  ['Ctrl-C stopped it', 0, [ended(1, 'ServiceSchedulerInitiated', 0, 'The platform was stopped')], 1],
  ['it hung', 0, [ended(1, 'ServiceSchedulerInitiated', 137, 'Task failed container health checks')], 1],
  ['somebody stopped it', 0, [ended(1, 'UserInitiated', 0)], 1],
  ['ECS has forgotten it', 0, [], 1],
])(
  'of a queue that is emptied, and %s, a service that wanted %i tasks',
  (_why, desiredCount, tasks, wanted) => {
    expect(wantedToEmpty({ desiredCount }, tasks)).toBe(wanted);
  },
);
