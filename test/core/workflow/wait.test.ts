import { expect, test } from 'vitest';
import type { OperationItem } from '../../../core/operation/entity.ts';
import type { WorkflowState } from '../../../core/workflow/state.ts';
import type { Step } from '../../../core/workflow/step.ts';
import { stopWaiting, waitedSeconds, waitLonger } from '../../../core/workflow/wait.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');

/** A step of this name, so many seconds after the start. */
function step(name: string, seconds: number, state: Partial<WorkflowState> = {}): Step {
  const ids = { organizationId: 'o', deploymentId: 'd', operation: 1, attempt: 1 };
  const operation: Pick<OperationItem, 'steps'> = {
    steps: [{ name, startedAt: '2025-01-01T00:00:00.000Z' }],
  };
  return {
    scope: { now: new Date(START + seconds * 1000) },
    operation,
    state: { ...ids, rolls: true, putBack: false, ...state },
  } as Step;
}

test('a step has waited as long as its looks are apart', () => {
  expect(waitedSeconds(step('AwaitStable', 0))).toBe(0);
  const first = waitLonger(step('AwaitStable', 0));
  const second = waitLonger(step('AwaitStable', 5, first));
  expect(waitedSeconds(step('AwaitStable', 20, second))).toBe(20);
});

test('time in which nobody looked, or that was skipped, counts as no more than a hundred seconds', () => {
  const before = waitLonger(step('AwaitStable', 0));
  expect(waitedSeconds(step('AwaitStable', 3600, before))).toBe(100);
  expect(waitedSeconds(step('AwaitStable', -3600, before))).toBe(0);
});

test('another step, and the same one once it has seen what it waited for, begins anew', () => {
  const waited = waitLonger(step('AwaitStable', 50, waitLonger(step('AwaitStable', 0))));
  expect(waitedSeconds(step('PutBack', 51, waited))).toBe(0);
  expect(waitedSeconds(step('AwaitStable', 51, stopWaiting(waited)))).toBe(0);
});
