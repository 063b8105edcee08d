import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const command = z.object({
  echo: z.unknown().optional(),
  sleepMs: z.number().optional(),
  throws: z.object({ name: z.string(), message: z.string() }).optional(),
  exit: z.number().optional(),
  spin: z.boolean().optional(),
  reject: z.string().optional(),
  print: z.string().optional(),
  environment: z.string().optional(),
  large: z.number().optional(),
  allocate: z.boolean().optional(),
  count: z.boolean().optional(),
});

let calls = 0;

/** A function that behaves as its event says. */
export async function handler(event: unknown, context: { getRemainingTimeInMillis(): number }) {
  calls += 1;
  const asked = command.parse(event);
  if (asked.print !== undefined) console.log(asked.print);
  if (asked.sleepMs !== undefined) await wait(asked.sleepMs);
  if (asked.throws !== undefined)
    throw Object.assign(new Error(asked.throws.message), { name: asked.throws.name });
  if (asked.exit !== undefined) process.exit(asked.exit);
  while (asked.spin === true);
  if (asked.reject !== undefined) void Promise.reject(new Error(asked.reject));
  if (asked.environment !== undefined) return { value: process.env[asked.environment] ?? null };
  if (asked.large !== undefined) return 'x'.repeat(asked.large);
  if (asked.count === true) return { calls, remaining: context.getRemainingTimeInMillis() };
  const kept: unknown[] = [];
  while (asked.allocate === true) kept.push(new Array(1_000_000).fill(kept.length));
  return asked.echo;
}
