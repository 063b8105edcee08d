import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';

/**
 * A look that comes later than this after the one before, since the platform was stopped meanwhile or its clock was
 * shifted, counts as if it had come after so many seconds: what is waited for had no longer than that.
 */
const LONGEST_GAP_SECONDS = 100;

/** The state after a look in vain: the longer a step waits, the longer its pauses. A look itself takes 4 seconds. */
export function waitLonger(step: Step): WorkflowState {
  const seconds = waitedSeconds(step);
  const waiting = { step: stepOf(step), seconds, lookedAt: step.scope.now.toISOString() };
  return { ...step.state, done: false, waiting, pauseSeconds: seconds < 30 ? 1 : seconds < 120 ? 3 : 10 };
}

/** The state once the awaited is there. */
export function stopWaiting(state: WorkflowState): WorkflowState {
  const { pauseSeconds: _, oneOffTask: __, waiting: ___, ...rest } = state;
  return { ...rest, done: true };
}

/** Seconds that this step of this attempt has waited. */
export function waitedSeconds(step: Step): number {
  const { waiting } = step.state;
  if (waiting === undefined || waiting.step !== stepOf(step)) return 0;
  const gap = (step.scope.now.getTime() - Date.parse(waiting.lookedAt)) / 1000;
  return waiting.seconds + Math.min(Math.max(0, gap), LONGEST_GAP_SECONDS);
}

function stepOf({ operation }: Step): string {
  return operation.steps.at(-1)?.name ?? '';
}
