import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';
import { functionOf, type State } from './definition.ts';

/** What running one state came to. */
export type StepResult =
  | { readonly kind: 'next'; readonly state: string; readonly output: unknown }
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

export interface Step {
  readonly definition: StateMachineDefinition;
  readonly state: string;
  readonly input: unknown;
  /** The context object, `$$`. */
  readonly context: Readonly<Record<string, unknown>>;
  /** How long a Wait still waits, in milliseconds. */
  readonly waitMs: number;
  /** Calls a Lambda function. Throws `TaskFailed` for one that failed. */
  readonly invoke: (functionName: string, input: unknown) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** A Lambda function failed: Retry and Catch match its error by `name`. */
export class TaskFailed extends Error {
  constructor(errorType: string, cause: string) {
    super(cause);
    this.name = errorType;
  }
}

/** The interpreter's limit on a Task is a minute; Lambda's own, fifteen, is enforced by the Lambda host. */
const TASK_TIMEOUT_SECONDS = 15 * 60 + 5;
const END = 'end';
const STEP = 'step';
const json = z.json();

/**
 * Runs one state, its Retry and Catch included, and says which comes next. The interpreter runs a machine of this
 * one state, in which every state that may follow is a Task that tells that it was reached, and with what.
 */
export async function runStep({
  definition,
  state,
  input,
  context,
  waitMs,
  invoke,
  signal,
}: Step): Promise<StepResult> {
  const current = definition.States[state];
  if (current === undefined)
    return { kind: 'failed', error: 'States.Runtime', cause: `There is no state ${state}` };
  const { machine, targets } = alone(current);
  const reached: StepResult[] = [];
  const reach = (name: string) => (output: unknown) => {
    reached.push(
      name === END ? { kind: 'succeeded', output } : { kind: 'next', state: name.slice(1), output },
    );
    return null;
  };
  const handlers = Object.fromEntries(targets.map((name) => [name, reach(name)]));
  const run = machine.run(json.parse(input), {
    context: { ...context },
    overrides: {
      taskResourceLocalHandlers: {
        ...handlers,
        ...(current.Type === 'Task'
          ? { [STEP]: async (of) => json.parse(await invoke(functionOf(current.Resource), of)) }
          : {}),
      },
      waitTimeOverrides: { [STEP]: waitMs },
    },
  });
  signal.addEventListener('abort', run.abort, { once: true });
  try {
    await run.result;
  } catch (error) {
    if (!(error instanceof ExecutionError) || !(error.cause instanceof Error)) throw error;
    return { kind: 'failed', error: error.cause.name, cause: error.cause.message };
  } finally {
    signal.removeEventListener('abort', run.abort);
  }
  const result = reached.at(-1);
  if (result === undefined) throw new Error(`State ${state} led nowhere`);
  return result;
}

/**
 * How long a Wait state waits, in seconds: SecondsPath is looked up by the interpreter, so that it means here what
 * it means there.
 */
export async function waitSeconds(state: State, input: unknown, context: Step['context']): Promise<number> {
  if (state.Type !== 'Wait') return 0;
  if (state.Seconds !== undefined) return state.Seconds;
  if (state.SecondsPath === undefined) return 0;
  const { InputPath = '$' } = state;
  const lookUp: StateMachineDefinition = {
    StartAt: STEP,
    States: {
      [STEP]: { Type: 'Pass', InputPath, Parameters: { 'seconds.$': state.SecondsPath }, End: true },
    },
  };
  const machine = unvalidated(lookUp);
  const { result } = machine.run(json.parse(input), { context: { ...context } });
  return z.object({ seconds: z.number().nonnegative() }).parse(await result).seconds;
}

/** A machine of this state alone, and the names of the Tasks that stand for what follows it. */
function alone(state: State) {
  const targets = new Set<string>([END]);
  const step = redirect(state, (name) => {
    targets.add(`>${name}`);
    return `>${name}`;
  });
  const reached = { Type: 'Task', Resource: 'reached', End: true } as const;
  const States = { [STEP]: step, ...Object.fromEntries([...targets].map((name) => [name, reached])) };
  return { machine: unvalidated({ StartAt: STEP, States }), targets: [...targets] };
}

/** A machine whose definition was validated before, or is ours. */
function unvalidated(definition: StateMachineDefinition): StateMachine {
  return new StateMachine(definition, { validationOptions: { noValidate: true } });
}

/** The state with every transition led through `target`, and its end to `END`. */
function redirect(state: State, target: (name: string) => string): State {
  switch (state.Type) {
    case 'Choice':
      return {
        ...state,
        Choices: state.Choices.map((choice) => ({ ...choice, Next: target(choice.Next) })),
        ...(state.Default === undefined ? {} : { Default: target(state.Default) }),
      };
    case 'Fail':
      return state;
    case 'Succeed':
      return { ...state, Type: 'Pass', Next: END };
    default: {
      const {
        Next,
        End: _end,
        Catch,
        ...rest
      } = { Next: undefined, End: undefined, Catch: undefined, ...state };
      const caught = Catch?.map((catcher) => ({ ...catcher, Next: target(catcher.Next) }));
      return {
        ...rest,
        ...(rest.Type === 'Task' && !('TimeoutSecondsPath' in rest)
          ? { TimeoutSeconds: TASK_TIMEOUT_SECONDS }
          : {}),
        ...('TimeoutSeconds' in rest ? { TimeoutSeconds: rest.TimeoutSeconds } : {}),
        Next: Next === undefined ? END : target(Next),
        ...(caught === undefined ? {} : { Catch: caught }),
      };
    }
  }
}
