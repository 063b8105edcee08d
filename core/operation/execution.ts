import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Services } from '../services.ts';
import { causeMessage } from './cause.ts';
import type { OperationItem } from './entity.ts';
import { rolls } from './plan.ts';

/** A running operation is looked after so often. */
export const WATCH_SECONDS = 60;

/** What an operation's execution is, and why when it failed. */
export type Execution =
  | { readonly status: 'missing' }
  | { readonly status: 'running' }
  | { readonly status: 'ended'; readonly reason: string };

type Attempt = Pick<
  OperationItem,
  'organizationId' | 'deploymentId' | 'number' | 'attempt' | 'kind' | 'plan' | 'reason'
>;

/** An execution's name: the deployment's operation and its attempt. Names stay taken for 90 days. */
export function executionName({ deploymentId, number, attempt }: Attempt): string {
  return `${deploymentId}-${number}-${attempt}`;
}

/** Starts the workflow of an operation's attempt; one that was started already is fine. */
export async function startExecution(services: Services, operation: Attempt): Promise<void> {
  const { organizationId, deploymentId, number, attempt, plan, reason } = operation;
  const input = {
    organizationId,
    deploymentId,
    operation: number,
    attempt,
    rolls: rolls(plan),
    putBack: reason !== undefined,
  };
  try {
    await services.workflows.send(
      new StartExecutionCommand({
        stateMachineArn: stateMachineArn(services, operation),
        name: executionName(operation),
        input: JSON.stringify(input),
      }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/** What became of the execution of an operation's attempt. */
export async function describeExecution(services: Services, operation: Attempt): Promise<Execution> {
  const machine = stateMachineArn(services, operation).replace(':stateMachine:', ':execution:');
  try {
    const { status, error, cause } = await services.workflows.send(
      new DescribeExecutionCommand({ executionArn: `${machine}:${executionName(operation)}` }),
    );
    if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { status: 'running' };
    return { status: 'ended', reason: `${error ?? status}: ${causeMessage(cause)}` };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return { status: 'missing' };
    throw error;
  }
}

function stateMachineArn({ environment }: Services, { kind }: Attempt): string {
  return kind === 'delete' ? environment.REMOVE_ARN : environment.OPERATE_ARN;
}
