import { z } from 'zod';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { retryStale } from '../store/transact.ts';
import { awaitStable } from './await-stable.ts';
import { awaitStopped } from './await-stopped.ts';
import { awaitTask } from './await-task.ts';
import { clean } from './clean.ts';
import { drop } from './drop.ts';
import { finish } from './finish.ts';
import { forget } from './forget.ts';
import { prepare } from './prepare.ts';
import { publish } from './publish.ts';
import { putBack } from './put-back.ts';
import { roll } from './roll.ts';
import type { WorkflowState } from './state.ts';
import { openStep, type Step } from './step.ts';
import { stop } from './stop.ts';

/** The steps of the workflows, as the state machines name them. Each is safe to run twice. */
const steps = {
  Prepare: prepare,
  AwaitDatabase: awaitTask,
  Roll: roll,
  AwaitStable: awaitStable,
  Publish: publish,
  PutBack: putBack,
  Finish: finish,
  Stop: stop,
  AwaitStopped: awaitStopped,
  Drop: drop,
  AwaitDropped: awaitTask,
  Clean: clean,
} as const satisfies Record<string, (step: Step) => Promise<WorkflowState>>;

/** `Forget` is the last step of a removal: it deletes the operation that the others work on. */
export const StepName = z.enum([
  'Prepare',
  'AwaitDatabase',
  'Roll',
  'AwaitStable',
  'Publish',
  'PutBack',
  'Finish',
  'Stop',
  'AwaitStopped',
  'Drop',
  'AwaitDropped',
  'Clean',
  'Forget',
]);
export type StepName = z.infer<typeof StepName>;

/**
 * Runs a step and returns the state that the next one gets. What a request changed at the same moment is read again.
 */
export async function runStep(
  scope: Scope,
  services: Services,
  name: StepName,
  state: WorkflowState,
): Promise<WorkflowState> {
  if (name === 'Forget') return await forget(scope, services, state);
  return await retryStale(async () => await steps[name](await openStep(scope, services, name, state)));
}
