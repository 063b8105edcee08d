import { setTimeout as wait } from 'node:timers/promises';
import { PATIENCE } from './patience.ts';

const PATIENCE_MS = 420_000 * PATIENCE;

/** Does something again while it fails, as a person would on a platform that is being killed. */
export async function insist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(500);
    }
  }
}
