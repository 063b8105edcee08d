import { expect, test } from 'vitest';
import { taskDefinition } from '../../../local/ecs/documents.ts';
import { settle } from '../../../local/ecs/lifecycle.ts';
import type { ContainerStatus } from '../../../local/ecs/shim.ts';
import { newTask } from '../../../local/ecs/task.ts';

const NOW = 10_000;
const definition = taskDefinition.parse({
  taskDefinitionArn: 'td:1',
  family: 'td',
  revision: 1,
  status: 'ACTIVE',
  registeredAt: 0,
  containerDefinitions: [
    { name: 'main', image: 'any' },
    { name: 'side', image: 'any', essential: false },
  ],
});
const task = newTask({ cluster: 'cell', definition, group: 'g', overrides: { containerOverrides: [] } }, 0);

/** What the task is once both of its containers have ended, of which nobody saw more than the end. */
function ended(main: Partial<ContainerStatus>, side: Partial<ContainerStatus>) {
  const status = { state: 'STOPPED', health: 'UNKNOWN', restarts: 0 } as const;
  const observed = new Map([
    ['main', { ...status, ...main }],
    ['side', { ...status, ...side }],
  ]);
  return settle(task, definition, observed, NOW).task;
}

test('a task that ran and ended unseen has the time at which its last container started', () => {
  expect(ended({ startedAt: 3_000, exitCode: 0 }, { startedAt: 4_000, exitCode: 0 })).toMatchObject({
    lastStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    startedAt: 4_000,
    stoppedAt: NOW,
  });
});

test('a task of which a container never started has none', () => {
  const { startedAt, ...never } = ended({ reason: 'CannotStartContainerError' }, { startedAt: 4_000 });
  expect(startedAt).toBeUndefined();
  expect(never).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart' });
});
