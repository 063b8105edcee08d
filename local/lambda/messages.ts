import { z } from 'zod';

/**
 * What passes between the Lambda host and a function's thread. Payloads are JSON text, as on AWS. What comes from the
 * thread is checked, for it runs a function's code; what the host sends it is not: reading zod once more would be
 * half of a thread's start.
 */

/** Given to the thread at its start. */
export interface InstanceData {
  readonly name: string;
  readonly arn: string;
  /** Absolute path of the module that exports `handler`. */
  readonly handler: string;
  /** MiB. */
  readonly memory: number;
  /** Folder of Node's compile cache. */
  readonly compileCache: string;
}

export interface Call {
  readonly id: string;
  readonly payload: string;
  /** Epoch milliseconds, by the machine's clock. */
  readonly deadline: number;
}

/** The thread's module is loaded: it takes calls. */
export const ready = z.object({ status: z.literal('ready') });
export type Ready = z.infer<typeof ready>;

export const answer = z.discriminatedUnion('status', [
  z.object({ id: z.string(), status: z.literal('succeeded'), payload: z.string() }),
  z.object({
    id: z.string(),
    status: z.literal('failed'),
    errorType: z.string(),
    errorMessage: z.string(),
    trace: z.array(z.string()),
  }),
]);
export type Answer = z.infer<typeof answer>;

export const fromThread = z.discriminatedUnion('status', [ready, answer]);
