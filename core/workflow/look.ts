import { setTimeout as pause } from 'node:timers/promises';

/** A look takes up to four seconds: a workflow's own pauses have whole seconds, and these would add up. */
const LOOKS = 20;
const PAUSE_MILLISECONDS = 200;

/** Looks until something is seen, up to four seconds; undefined when there was nothing. */
export async function look<T>(see: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let looks = 1; ; looks += 1) {
    const seen = await see();
    if (seen !== undefined || looks === LOOKS) return seen;
    await pause(PAUSE_MILLISECONDS);
  }
}
