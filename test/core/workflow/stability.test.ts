import type { Service, Task } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { classify, hasSurplus } from '../../../core/workflow/stability.ts';

const service = (changes: Partial<Service> = {}): Service => ({
  serviceName: 'api',
  desiredCount: 1,
  deployments: [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS', taskDefinition: 'td:2' }],
  ...changes,
});
const task = (changes: Partial<Task> = {}): Task => ({
  group: 'service:api',
  lastStatus: 'RUNNING',
  healthStatus: 'HEALTHY',
  taskDefinitionArn: 'td:2',
  ...changes,
});
const waiting = { status: 'waiting', unready: ['api'] };

test('is stable once as many tasks as wanted are healthy', () => {
  expect(classify(['api'], [service()], [task()])).toEqual({ status: 'stable' });
  expect(classify(['api'], [service({ desiredCount: 2 })], [task()])).toEqual(waiting);
  expect(classify(['api'], [service({ desiredCount: 2 })], [task(), task()])).toEqual({ status: 'stable' });
});

test('waits while a service is missing, or a task is not healthy yet', () => {
  expect(classify(['api'], [], [])).toEqual(waiting);
  expect(classify(['api'], [service()], [])).toEqual(waiting);
  expect(classify(['api'], [service()], [task({ healthStatus: 'UNKNOWN' })])).toEqual(waiting);
  expect(classify(['api'], [service()], [task({ lastStatus: 'PENDING' })])).toEqual(waiting);
});

test('waits until tasks of an older task definition are gone', () => {
  const old = task({ taskDefinitionArn: 'td:1' });
  expect(classify(['api'], [service()], [old])).toEqual(waiting);
  expect(classify(['api'], [service()], [task(), old])).toEqual(waiting);
});

test('has failed as soon as a roll-out of any service has', () => {
  const failed = service({
    deployments: [{ status: 'PRIMARY', rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start' }],
  });
  expect(classify(['api'], [failed], [task()])).toEqual({
    status: 'failed',
    service: 'api',
    reason: 'tasks failed to start',
  });
});

test('has a surplus while a task that is too many still runs, whether ECS has begun to stop it or not', () => {
  expect(hasSurplus('api', [service({ runningCount: 2 })])).toBe(true);
  expect(hasSurplus('api', [service({ runningCount: 1 })])).toBe(false);
  expect(hasSurplus('api', [])).toBe(false);
});
