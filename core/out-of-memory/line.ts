import { z } from 'zod';
import { airflowComponents } from '../component/airflow.ts';
import { LONGEST_TEXT, type OutOfMemory } from './schema.ts';

/**
 * The line by which a container's log tells that it was over its memory. Tasks write to the same logs, so that what a
 * line says is as little to be trusted as a task is: it is of this deployment, of bounded length, and printable.
 */
const LINE =
  /^OutOfMemoryError: killed process \d+ \((?<title>[^\p{C}]{1,1000})\), which used \d+ MiB; all of this container's used (?<usedMemory>\d{1,8}) of (?<memory>\d{1,8}) MiB$/u;

/** What the lines of interest hold, as a filter pattern of CloudWatch Logs. */
export const OUT_OF_MEMORY_PATTERN = '"OutOfMemoryError: killed process"';

/** A container's log stream: `<prefix>/<container>/<ECS task id>`, the prefix being the component again. */
const Stream = z
  .string()
  .transform((name) => name.split('/'))
  .pipe(z.tuple([z.enum(airflowComponents), z.enum(airflowComponents), z.string().regex(/^[0-9a-f]{32}$/)]));

/** A line of a container's log. */
export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** What a line tells, and which ECS task its container is of: that one's service tells a worker's queue. */
export interface Told {
  readonly ecsTask: string;
  readonly outOfMemory: OutOfMemory;
}

/** What a line of this log stream tells; undefined when it is no such line. */
export function readLine(logStream: string, { timestamp, message }: LogEvent): Told | undefined {
  const stream = Stream.safeParse(logStream).data;
  const { title, usedMemory, memory } = LINE.exec(message)?.groups ?? {};
  if (stream === undefined || title === undefined) return undefined;
  const [component, , ecsTask] = stream;
  const at = new Date(timestamp).toISOString();
  const amounts = { memory: Number(memory), usedMemory: Number(usedMemory) };
  return {
    ecsTask,
    outOfMemory: { component, ...workOf(title), ...amounts, firstAt: at, at, count: 1 },
  };
}

/**
 * What a process was doing, from its title or that of the process that started it: the runtime gives titles to tasks
 * and to what reads DAG files. A title that found no room is cut at its end.
 */
function workOf(title: string): Partial<OutOfMemory> {
  const task = /(?:^| of )airflow worker -- (\S+) (\S+)(?: (\S+))?$/.exec(title);
  if (task !== null) {
    const [, dagId = '', taskId = '', runId] = task;
    return { dagId: cut(dagId), taskId: cut(taskId), ...(runId === undefined ? {} : { runId: cut(runId) }) };
  }
  const [, file] = /(?:^| of )airflow dag file -- (.+)$/.exec(title) ?? [];
  return file === undefined ? { process: cut(title) } : { file: cut(file) };
}

function cut(text: string): string {
  return text.slice(0, LONGEST_TEXT).toWellFormed();
}
