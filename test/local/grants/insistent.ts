import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { handler as api } from '../../../functions/api/handler.ts';
import { handler as clock } from '../../../functions/clock/handler.ts';
import { handler as advance } from '../../../functions/event/handler.ts';
import { explain, log } from '../../../functions/log.ts';
import { handler as report } from '../../../functions/report/handler.ts';
import { handler as step } from '../../../functions/step/handler.ts';
import { handler as publish } from '../../../functions/stream/handler.ts';

/**
 * The function that this thread is to run, which tries again for as long as it fails for the want of a grant. What it
 * failed with stands in its log each time.
 */
const PATIENCE_MS = 15_000;

const handlers: Readonly<Record<string, unknown>> = { api, clock, advance, report, step, publish };
const run = z
  .custom<(...args: unknown[]) => unknown>((value) => typeof value === 'function')
  .parse(handlers[process.env.AWS_LAMBDA_FUNCTION_NAME ?? '']);

export async function handler(...args: unknown[]): Promise<unknown> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const result = await run(...args);
      if (!isFailure(result) || performance.now() > deadline) return result;
    } catch (error) {
      if (!String(error).includes('is not authorized to perform') || performance.now() > deadline)
        throw error;
      log('error', 'refused', { error: explain(error) });
    }
    await wait(100);
  }
}

const Failure = z.object({ statusCode: z.literal(500) });
const isFailure = (result: unknown) => Failure.safeParse(result).success;
