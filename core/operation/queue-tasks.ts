import { z } from 'zod';
import { type Cell, urlOf } from '../cell/schema.ts';
import { namespaceOf } from '../deployment/namespace.ts';

/** A plan with the tasks of one queue takes 50 ms (docs/measurements.md); nobody waits longer than this for it. */
const PATIENCE_MS = 2_000;

/** So many queues are asked about at a time: Airflow's api-server answers its user interface meanwhile. */
const QUEUES_AT_A_TIME = 4;

/** A count without a task comes in less than 100 bytes. */
const MOST_BYTES = 4_096;

/** Airflow's states of a task that is unfinished in a queue, by what they mean to whoever removes that. */
const STATES = {
  running: ['running'],
  /** It is in its queue, or about to be: its workers wait for it. */
  queued: ['queued', 'scheduled'],
  /** It comes to the queue later: its workers do not wait for it. */
  later: ['deferred', 'up_for_retry', 'up_for_reschedule', 'awaiting_input'],
} as const;

/** What is read of Airflow's answer. */
const Listed = z.object({ total_entries: z.number().int() });

/** How many tasks run, wait and are still to come in queues at this moment; unknown, and why, when Airflow does not tell. */
export const QueueTasks = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('COUNTED'),
    queues: z.array(
      z.object({ queue: z.string(), running: z.number(), queued: z.number(), later: z.number() }),
    ),
  }),
  z.object({ status: z.literal('UNKNOWN'), reason: z.string() }),
]);
export type QueueTasks = z.infer<typeof QueueTasks>;

/**
 * Asks a deployment's own Airflow, at its front door, how many tasks these queues have. `authorization` is the caller's
 * own header: whoever may change a deployment may see its tasks. Takes two seconds at most, and never throws.
 */
export async function countQueueTasks(
  { publicUrl }: Pick<Cell, 'publicUrl'>,
  deploymentId: string,
  queues: readonly string[],
  authorization: string,
  patienceMs = PATIENCE_MS,
): Promise<QueueTasks> {
  const airflow = urlOf(publicUrl, namespaceOf(deploymentId));
  const signal = AbortSignal.timeout(patienceMs);

  async function count(queue: string, states: readonly string[]): Promise<number> {
    const query = new URLSearchParams({ queue, limit: '0' });
    for (const state of states) query.append('state', state);
    const url = `${airflow}/api/v2/dags/~/dagRuns/~/taskInstances?${query}`;
    const answer = await fetch(url, { headers: { authorization }, redirect: 'error', signal });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const { data } = Listed.safeParse(JSON.parse(await shortText(answer)));
    if (data === undefined) throw new Error('it answered something else');
    return data.total_entries;
  }

  async function counts(queue: string) {
    const [running, queued, later] = await Promise.all([
      count(queue, STATES.running),
      count(queue, STATES.queued),
      count(queue, STATES.later),
    ]);
    return { queue, running, queued, later };
  }

  try {
    const counted = [];
    for (let asked = 0; asked < queues.length; asked += QUEUES_AT_A_TIME) {
      const few = queues.slice(asked, asked + QUEUES_AT_A_TIME);
      counted.push(...(await Promise.all(few.map(counts))));
    }
    return { status: 'COUNTED', queues: counted };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: 'UNKNOWN', reason: `Airflow did not tell: ${why}` };
  }
}

/** An answer's text, of which no more is read than a count takes: a tenant's code may be what answers. */
async function shortText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('it answered too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
