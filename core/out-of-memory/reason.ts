import { memoryText } from '../deployment/sizes.ts';
import type { OutOfMemory } from './schema.ts';

/**
 * How long a deployment's status tells of it. What happens every hour is told of all the time, and whoever is called
 * has time to look; what happened once does not stay on a deployment that is well. The timeline keeps it.
 */
const TOLD_MILLISECONDS = 3_600_000;

/** What ran out of memory lately, for a person: where, when, doing what, and what to do; undefined when nothing did. */
export function outOfMemoryReason(kept: readonly OutOfMemory[], now: Date): string | undefined {
  const since = new Date(now.getTime() - TOLD_MILLISECONDS).toISOString();
  const [last, ...others] = kept.filter(({ at }) => at > since);
  if (last === undefined) return undefined;
  const more = others.length === 0 ? '' : ` The timeline tells of ${others.length} more in the last hour.`;
  return `${whereOf(last)} of ${memoryText(last.memory)} ran out of memory at ${last.at}${timesOf(last)}${workOf(last)}. ${adviceOf(last)}${more}`;
}

function whereOf({ component, queue }: OutOfMemory): string {
  if (component !== 'worker') return `The ${component}`;
  return queue === undefined ? 'A worker' : `A worker of the queue ${queue}`;
}

function timesOf({ count, firstAt }: OutOfMemory): string {
  return count === 1 ? '' : ` (${count} times since ${firstAt})`;
}

function workOf({ dagId, taskId, runId, file, process }: OutOfMemory): string {
  if (dagId !== undefined) {
    return `, running the task ${taskId} of the DAG ${dagId}${runId === undefined ? '' : ` in the run ${runId}`}`;
  }
  return file === undefined ? `, in its process ${process}` : `, reading the DAG file ${file}`;
}

function adviceOf({ component, file }: OutOfMemory): string {
  if (component === 'worker') {
    return 'Give the queue a larger machine or a lower concurrency, or have the task take less memory.';
  }
  if (file !== undefined) return 'Have the file take less memory, or choose a larger scheduler size.';
  return 'Choose a larger scheduler size.';
}
