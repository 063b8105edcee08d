import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';
import { ServiceError } from '../endpoint/service.ts';

export type State = StateMachineDefinition['States'][string];

/** Node's timers hold 24 days. */
const LONGEST_SECONDS = 2_000_000;
const SERVED_TYPES = ['Task', 'Choice', 'Wait', 'Pass', 'Succeed', 'Fail'] as const;

/** What this interpreter cannot do as AWS does it: refused when a machine is created, never ignored. */
const served = z.looseObject({
  StartAt: z.string(),
  QueryLanguage: z.literal('JSONPath').optional(),
  TimeoutSeconds: z.int().positive().max(LONGEST_SECONDS).optional(),
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.enum(SERVED_TYPES),
      Resource: z
        .string()
        .regex(/^arn:aws:lambda:[^:]+:\d+:function:[\w-]+$/, 'must be a Lambda function')
        .optional(),
      QueryLanguage: z.literal('JSONPath').optional(),
      Seconds: z.int().nonnegative().max(LONGEST_SECONDS).optional(),
      Assign: z.never('variables are not served here').optional(),
      Timestamp: z.never('Wait is served with Seconds or SecondsPath').optional(),
      TimestampPath: z.never('Wait is served with Seconds or SecondsPath').optional(),
    }),
  ),
});
const UNSERVED_CONTEXT = /\$\$\.Execution\.(Input|StartTime)|\$\$\.Task\b|\$\$\.Map\b/;

/**
 * Reads a state machine's definition (Amazon States Language with JSONPath) and checks it against the language
 * and against what is served here. Throws InvalidDefinition with what is wrong.
 */
export function readDefinition(text: string): StateMachineDefinition {
  const parsed = served.safeParse(readJson(text));
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
  const context = UNSERVED_CONTEXT.exec(text);
  if (context !== null) throw invalid(`${context[0]} of the context object is not served here`);
  const definition = validDefinition.safeParse(parsed.data);
  if (!definition.success) throw invalid(z.prettifyError(definition.error));
  return definition.data;
}

/** Reads a definition that `readDefinition` took before: validating it takes 170 ms. */
export function readKnownDefinition(text: string): StateMachineDefinition {
  return z.custom<StateMachineDefinition>().parse(JSON.parse(text));
}

/** The name of the function that a Task calls. */
export function functionOf(resource: string): string {
  return resource.slice(resource.lastIndexOf(':') + 1);
}

const validDefinition = z.custom<StateMachineDefinition>().superRefine((definition, context) => {
  try {
    new StateMachine(definition);
  } catch (error) {
    context.addIssue({ code: 'custom', message: String(error) });
  }
});

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(String(error));
  }
}

function invalid(why: string): ServiceError {
  return new ServiceError('InvalidDefinition', `Invalid State Machine Definition: ${why}`);
}
