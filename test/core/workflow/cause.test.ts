import type { Service, Task } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { causeOf } from '../../../core/workflow/cause.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const unplaced = (minute: number) => ({
  message: 'was unable to place a task because',
  createdAt: at(minute),
});
const service = (changes: Partial<Service> = {}): Service => ({
  serviceName: 'control',
  deployments: [
    { id: 'new', status: 'PRIMARY', createdAt: at(10) },
    { id: 'old', status: 'ACTIVE', createdAt: at(0) },
  ],
  ...changes,
});
const ended = (minute: number, changes: Partial<Task> = {}, exitCode: number | undefined = 1): Task => ({
  startedBy: 'new',
  createdAt: at(minute),
  desiredStatus: 'STOPPED',
  containers: [{ name: 'scheduler', ...(exitCode === undefined ? {} : { exitCode }) }],
  ...changes,
});
const runs: Task = {
  startedBy: 'new',
  createdAt: at(20),
  desiredStatus: 'RUNNING',
  containers: [{ name: 'api-server', healthStatus: 'UNHEALTHY' }],
};
const name = (cause: ReturnType<typeof causeOf>) =>
  cause?.kind === 'container'
    ? `${cause.container.name} of ${cause.task.createdAt?.getMinutes()}`
    : cause?.kind;

test('what ended in another roll-out, or before this one, is no cause', () => {
  expect(causeOf([service()], [ended(5, { startedBy: 'old' })])).toBeUndefined();
  expect(causeOf([service({ events: [unplaced(5)] })], [])).toBeUndefined();
  expect(name(causeOf([service()], [ended(15, { startedBy: 'old' }), runs]))).toBe('api-server of 20');
  expect(name(causeOf([service({ events: [unplaced(11)] })], [ended(5, { startedBy: 'old' })]))).toBe(
    'unplaced',
  );
});

test('the last that happened is the cause, whether a task ended, was stopped, or found no place', () => {
  expect(name(causeOf([service()], [ended(11), ended(12)]))).toBe('scheduler of 12');
  expect(name(causeOf([service({ events: [unplaced(13)] })], [ended(11), ended(12)]))).toBe('unplaced');
  expect(name(causeOf([service({ events: [unplaced(11)] })], [ended(12)]))).toBe('scheduler of 12');
  const sick = ended(13, { stoppedReason: 'failed health checks' }, 143);
  expect(causeOf([service()], [ended(12), sick])).toEqual({
    kind: 'stopped',
    reason: 'failed health checks',
  });
  const pulled = ended(13, { containers: [{ name: 'scheduler', reason: 'CannotPullContainerError' }] });
  expect(name(causeOf([service()], [ended(12), pulled]))).toBe('scheduler of 13');
});

test('what a healthy task came after is overcome, and told only when there is nothing else', () => {
  const healthy: Task = { ...runs, createdAt: at(15), healthStatus: 'HEALTHY', containers: [] };
  expect(name(causeOf([service()], [ended(11), healthy, runs]))).toBe('api-server of 20');
  expect(name(causeOf([service({ events: [unplaced(11)] })], [healthy, runs]))).toBe('api-server of 20');
  expect(name(causeOf([service()], [ended(11), healthy, ended(16), runs]))).toBe('scheduler of 16');
  expect(name(causeOf([service()], [ended(11), healthy]))).toBe('scheduler of 11');
});

test('of several services, what ended says more than what is not ready yet', () => {
  const api = service({ serviceName: 'api', deployments: [{ id: 'api', status: 'PRIMARY' }] });
  const starting = { ...runs, startedBy: 'api' };
  expect(name(causeOf([api, service()], [starting, ended(11)]))).toBe('scheduler of 11');
  expect(name(causeOf([api, service({ events: [unplaced(11)] })], [starting]))).toBe('unplaced');
  expect(name(causeOf([api, service()], [starting]))).toBe('api-server of 20');
});
