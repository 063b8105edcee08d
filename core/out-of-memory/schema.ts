import { z } from 'zod';
import { airflowComponents } from '../component/airflow.ts';

/** Airflow's own ids are at most so long; other texts are cut there. */
export const LONGEST_TEXT = 250;
const text = z.string().min(1).max(LONGEST_TEXT);

/** That a container of a component was over its memory, and what the process was doing that was killed for it. */
export const OutOfMemory = z.object({
  component: z.enum(airflowComponents),
  /** Of a worker. */
  queue: text.optional(),
  /** Of a task. */
  dagId: text.optional(),
  taskId: text.optional(),
  runId: text.optional(),
  /** The DAG file that was read, by its path in the bundle. */
  file: text.optional(),
  /** The process' title or program, when neither a task nor a file is known. */
  process: text.optional(),
  /** MiB that the container has, and that its processes used. */
  memory: z.int(),
  usedMemory: z.int(),
  /** When it happened first and last, and how often in all. */
  firstAt: z.iso.datetime(),
  at: z.iso.datetime(),
  count: z.int(),
});
export type OutOfMemory = z.infer<typeof OutOfMemory>;
