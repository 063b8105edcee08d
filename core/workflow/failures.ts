import { causeMessage } from '../operation/cause.ts';
import type { WorkflowState } from './state.ts';

/** The operation cannot be carried out, for a reason that its user reads. The workflow puts things back. */
export class OperationFailed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'OperationFailed';
  }
}

/** The deployment is to be deleted: what is being done to it ends here. */
export class Preempted extends Error {
  constructor() {
    super('The deployment was deleted before this was done.');
    this.name = 'Preempted';
  }
}

/** The operation has ended, or another attempt carries it out: this one may change nothing any more. */
export class Superseded extends Error {
  constructor(operation: number, attempt: number) {
    super(`Attempt ${attempt} of operation ${operation} is not the current one`);
    this.name = 'Superseded';
  }
}

/** Why the workflow failed, as a person reads it, from what the state machine caught. */
export function reasonOf({ failure }: WorkflowState): string | undefined {
  if (failure === undefined) return undefined;
  const { Error: name = 'An unknown error', Cause: cause = '' } = failure;
  const message = causeMessage(cause);
  if (name === 'OperationFailed' || name === 'Preempted') return message;
  return `The platform could not carry this out (${name}: ${message}). Try again; the operator's log has more.`;
}
