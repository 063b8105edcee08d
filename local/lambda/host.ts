import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { FunctionEntry } from '../../functions/catalog.ts';
import { arn } from '../endpoint/service.ts';
import { type Instance, startInstance } from './instance.ts';
import type { Answer } from './messages.ts';

/**
 * How long a thread is kept without a call: its start is some 150 ms of CPU, and while it idles it holds 30 MB and
 * more. The clock's starts anew each minute.
 */
const IDLE_MS = 30_000;

/** Lambda's limit on a synchronous call's payload and on its answer, in bytes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** What a call came to: JSON text, or the error that the function ended with. */
export type Invocation =
  | { readonly status: 'succeeded'; readonly payload: string }
  | { readonly status: 'failed'; readonly errorType: string; readonly errorMessage: string };

export interface LambdaHost {
  /**
   * Calls a function with JSON text and waits for its answer. A function that fails, times out, dies or is not in
   * the catalog is an answer with status `failed`; what it failed with stands in its log. Never throws.
   */
  invoke(name: string, payload: string): Promise<Invocation>;
  /** Ends every thread; calls that still run are answered as failed. */
  stop(): Promise<void>;
}

export interface LambdaHostOptions {
  readonly functions: readonly FunctionEntry[];
  /** The folder that the catalog's handlers are relative to. */
  readonly root: string;
  /** The platform's environment; the credentials that name the function are added to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of Node's compile cache, which makes the second start of a function quick. */
  readonly compileCache: string;
  /** Takes a line of the function's output. */
  readonly log: (name: string, line: string) => void;
  /** How long a function without a call keeps its thread, in milliseconds; half a minute unless told. */
  readonly idleMs?: number;
}

/** Lambda's name of a function, its ARN. */
export function functionArn(name: string): string {
  return arn('lambda', `function:${name}`);
}

/**
 * Runs the catalog's functions, a worker thread each: started by the first call, ended when idle. Unlike Lambda,
 * calls of one function that come at the same time share its thread.
 */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const entries = new Map(options.functions.map((entry) => [entry.name, entry]));
  const instances = new Map<string, Instance>();
  const idle = new Map<string, NodeJS.Timeout>();

  function instanceOf(entry: FunctionEntry): Instance {
    const current = instances.get(entry.name);
    if (current !== undefined && !current.closed) return current;
    const data = {
      name: entry.name,
      arn: functionArn(entry.name),
      handler: resolve(options.root, entry.handler),
      memory: entry.memory,
      compileCache: options.compileCache,
    };
    const environment = {
      ...options.environment,
      AWS_LAMBDA_FUNCTION_NAME: entry.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(entry.memory),
      AWS_ACCESS_KEY_ID: `function-${entry.name}`,
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    const started = startInstance(data, environment, (line) => options.log(entry.name, line));
    instances.set(entry.name, started);
    return started;
  }

  function restUntilIdle(name: string, instance: Instance): void {
    clearTimeout(idle.get(name));
    const timer = setTimeout(() => {
      if (instance.running === 0) void instance.terminate();
    }, options.idleMs ?? IDLE_MS);
    idle.set(name, timer.unref());
  }

  function outcome(entry: FunctionEntry, answer: Answer): Invocation {
    if (answer.status === 'failed') {
      const { id, errorType, errorMessage, trace } = answer;
      options.log(
        entry.name,
        JSON.stringify({ level: 'ERROR', requestId: id, errorType, errorMessage, trace }),
      );
      return { status: 'failed', errorType, errorMessage };
    }
    const size = Buffer.byteLength(answer.payload);
    if (size <= PAYLOAD_LIMIT) return { status: 'succeeded', payload: answer.payload };
    const errorMessage = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`;
    return { status: 'failed', errorType: 'Function.ResponseSizeTooLarge', errorMessage };
  }

  return {
    async invoke(name, payload) {
      const entry = entries.get(name);
      if (entry === undefined) {
        const errorMessage = `The catalog has no function ${name}`;
        return { status: 'failed', errorType: 'ResourceNotFoundException', errorMessage };
      }
      const instance = instanceOf(entry);
      const answer = await instance.invoke(randomUUID(), payload, entry.timeout * 1000);
      restUntilIdle(name, instance);
      return outcome(entry, answer);
    },
    async stop() {
      for (const timer of idle.values()) clearTimeout(timer);
      await Promise.all([...instances.values()].map((instance) => instance.terminate()));
    },
  };
}
