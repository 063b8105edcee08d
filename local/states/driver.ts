import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock/clock.ts';
import type { LambdaHost } from '../lambda/host.ts';
import { readKnownDefinition } from './definition.ts';
import type { Entry, Execution, Journal } from './journal.ts';
import { runStep, type StepResult, TaskFailed, waitSeconds } from './step.ts';

/** Step Functions' limit on a state's input or output, in bytes. */
const DATA_LIMIT = 256 * 1024;

/**
 * Drives executions from state to state. What stands in the journal is the state about to run, so that after a
 * crash the interrupted state, and it alone, runs again.
 */
export function createDriver(
  journal: Journal,
  host: LambdaHost,
  clock: Clock,
  onError: (message: string, error: unknown) => void,
) {
  const running = new Map<string, AbortController>();
  const drives = new Set<Promise<void>>();
  let stopping = false;

  async function drive(arn: string, aborted: AbortSignal): Promise<void> {
    for (let at = journal.execution(arn); at?.status === 'RUNNING'; at = journal.execution(arn)) {
      if (aborted.aborted) return;
      const result = await stepOrTimeOut(at, aborted);
      if (aborted.aborted) return;
      await record(at, result);
    }
  }

  /** Runs the execution's state; one that outlives the execution's time is left behind. */
  async function stepOrTimeOut(at: Execution, aborted: AbortSignal): Promise<StepResult | 'timed out'> {
    if (at.expires === null) return step(at, aborted);
    const over = new AbortController();
    const left = Math.max(0, at.expires - Date.now());
    try {
      return await Promise.race([
        step(at, AbortSignal.any([aborted, over.signal])),
        delay(left, 'timed out' as const, { signal: AbortSignal.any([aborted, over.signal]) }),
      ]);
    } finally {
      over.abort();
    }
  }

  function step(at: Execution, signal: AbortSignal): Promise<StepResult> {
    return runStep({
      definition: readKnownDefinition(at.definition),
      state: at.state,
      input: JSON.parse(at.state_input),
      context: contextOf(at),
      waitMs: Math.max(0, at.wait_until - Date.now()),
      invoke,
      signal,
    });
  }

  async function invoke(functionName: string, input: unknown): Promise<unknown> {
    const invocation = await host.invoke(functionName, JSON.stringify(input));
    if (invocation.status === 'succeeded') return JSON.parse(invocation.payload);
    const { errorType, errorMessage } = invocation;
    throw new TaskFailed(errorType, JSON.stringify({ errorType, errorMessage }));
  }

  async function record(at: Execution, result: StepResult | 'timed out'): Promise<void> {
    if (result === 'timed out') {
      journal.end(
        at.arn,
        { status: 'TIMED_OUT', error: 'States.Timeout', cause: 'The execution timed out' },
        clock.now(),
      );
      return;
    }
    if (result.kind === 'failed') {
      journal.end(at.arn, { status: 'FAILED', error: result.error, cause: result.cause }, clock.now());
      return;
    }
    const output = JSON.stringify(result.output ?? null);
    if (Buffer.byteLength(output) > DATA_LIMIT) {
      const cause = `The state ${at.state} returned a result with a size exceeding the maximum number of bytes.`;
      journal.end(at.arn, { status: 'FAILED', error: 'States.DataLimitExceeded', cause }, clock.now());
    } else if (result.kind === 'succeeded') {
      journal.end(at.arn, { status: 'SUCCEEDED', output }, clock.now());
    } else {
      journal.enter(at.arn, await entry(at, result.state, output));
    }
  }

  /** The journal's line of a state that is entered now. */
  async function entry(
    execution: Pick<Execution, 'arn' | 'name' | 'machine' | 'definition'>,
    state: string,
    input: string,
  ): Promise<Entry> {
    const entered = clock.now();
    const definition = readKnownDefinition(execution.definition).States[state];
    const context = contextOf({ ...execution, state, entered });
    const seconds = definition === undefined ? 0 : await waitSeconds(definition, JSON.parse(input), context);
    return { state, input, entered, waitUntil: Date.now() + seconds * 1000 };
  }

  /** Goes on with an execution that the journal says is running, unless it is driven already. */
  function resume(arn: string): void {
    if (stopping || running.has(arn)) return;
    const control = new AbortController();
    running.set(arn, control);
    const driven = drive(arn, control.signal)
      .catch((error) => {
        if (control.signal.aborted) return;
        onError(`execution ${arn} failed`, error);
        journal.end(arn, { status: 'FAILED', error: 'States.Runtime', cause: String(error) }, clock.now());
      })
      .finally(() => {
        running.delete(arn);
        drives.delete(driven);
      });
    drives.add(driven);
  }

  return {
    entry,
    resume,
    /** Ends what runs of an execution that the journal has ended. */
    abort: (arn: string) => running.get(arn)?.abort(),
    /** Leaves all executions where they stand; the next start goes on with them. */
    async stop(): Promise<void> {
      stopping = true;
      for (const control of running.values()) control.abort();
      await Promise.all(drives);
    },
  };
}

/** The context object, https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html. */
function contextOf(at: Pick<Execution, 'arn' | 'name' | 'machine' | 'state' | 'entered'>) {
  return {
    Execution: { Id: at.arn, Name: at.name },
    State: { Name: at.state, EnteredTime: new Date(at.entered).toISOString() },
    StateMachine: { Id: at.machine, Name: at.machine.slice(at.machine.lastIndexOf(':') + 1) },
  };
}
