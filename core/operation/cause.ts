import { z } from 'zod';

/** How a state machine holds what a function threw. */
const Cause = z.object({ errorMessage: z.string() });

/** The message in a state machine's cause: a function's error as JSON, or a text of Step Functions' own. */
export function causeMessage(cause = ''): string {
  try {
    return Cause.parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause === '' ? 'without a cause' : cause;
  }
}
