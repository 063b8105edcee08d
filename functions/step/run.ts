import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { WorkflowState } from '../../core/workflow/state.ts';
import { runStep, StepName } from '../../core/workflow/steps.ts';
import type { Services } from '../services.ts';

/** What a state of the state machines passes: its step, when it was entered, and what flowed to it. */
const StepEvent = z.strictObject({
  step: StepName,
  now: z.iso.datetime({ offset: true }),
  state: WorkflowState,
});

/** Runs one step of a workflow. What it returns is what flows to the next state. */
export function createStepRunner(services: Services) {
  return async (event: unknown, { awsRequestId }: Pick<Context, 'awsRequestId'>): Promise<WorkflowState> => {
    const { step, now, state } = StepEvent.parse(event);
    const scope = {
      now: new Date(now),
      requestId: awsRequestId,
      actor: { type: 'system' as const, name: 'windsock' },
    };
    return await runStep(scope, services, step, state);
  };
}
