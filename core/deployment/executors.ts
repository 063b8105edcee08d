import { z } from 'zod';
import type { Cell } from '../cell/schema.ts';

/** Executors, as the API's reference names them, as far as the platform has them. */
export const Executor = z.enum(['ASTRO', 'CELERY']);
export type Executor = z.infer<typeof Executor>;

/** What deployments of a cell may have: Celery needs a broker. */
export function executorsOf({ broker }: Cell): readonly Executor[] {
  return broker === undefined ? ['ASTRO'] : ['ASTRO', 'CELERY'];
}

/** The executor that is asked for, which was found to be offered; the present one when none is. */
export function executorOr(present: Executor, asked: string | undefined): Executor {
  return Executor.safeParse(asked).data ?? present;
}
