import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const settings = z
  .object({ RECORD: z.string(), FAIL_WHILE: z.string(), SLEEP_MS: z.coerce.number() })
  .parse(process.env);

/**
 * A function that writes every event it is given, a line each, to the file RECORD. It fails, after having written,
 * when the file FAIL_WHILE was there before and the event contains that file's text: an event that is seen to be
 * written while it fails has failed.
 */
export async function handler(event: unknown) {
  const text = JSON.stringify(event);
  const fails = existsSync(settings.FAIL_WHILE) && text.includes(readFileSync(settings.FAIL_WHILE, 'utf8'));
  appendFileSync(settings.RECORD, `${text}\n`);
  await wait(settings.SLEEP_MS);
  if (fails) throw new Error('told to fail');
  return event;
}
