import { expect, test } from 'vitest';
import { deploymentStatus } from '../../../core/deployment/status.ts';

const now = new Date('2026-01-01T00:30:00.000Z');
const atRest = { running: 1, intentCount: 1, carriedIntents: 1, isDeleting: false };

test.each([
  ['CREATING', { ...atRest, running: undefined, carriedIntents: 0 }],
  ['CREATING', { ...atRest, running: undefined, operation: {} }],
  ['HEALTHY', atRest],
  ['DEPLOYING', { ...atRest, operation: {} }],
  ['DEPLOYING', { ...atRest, intentCount: 2 }],
  ['DEPLOYING', { ...atRest, isDeleting: true }],
  ['UNHEALTHY', { ...atRest, running: undefined, failure: 'no room' }],
  ['HEALTHY', { ...atRest, failure: 'put back' }],
  ['UNHEALTHY', { ...atRest, failure: 'put back, and not healthy', isUnhealthy: true }],
  ['DEPLOYING', { ...atRest, failure: 'put back, and not healthy', isUnhealthy: true, operation: {} }],
] as const)('%s', (status, situation) => {
  const failure = 'failure' in situation ? situation.failure : undefined;
  expect(deploymentStatus(situation, now)).toMatchObject({
    status,
    ...(failure === undefined ? {} : { statusReason: failure }),
  });
});

test('what ran out of memory lately is told beside why the last change failed', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const amounts = { memory: 512, usedMemory: 600, firstAt: at, at, count: 1 };
  const outOfMemory = [{ component: 'triggerer' as const, process: 'python3', ...amounts }];
  expect(deploymentStatus({ ...atRest, failure: 'No room.', outOfMemory }, now)).toEqual({
    status: 'HEALTHY',
    statusReason: expect.stringMatching(/^No room\. The triggerer of 512Mi ran out of memory at /),
  });
});
