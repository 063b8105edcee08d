import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { LambdaHost } from '../lambda/host.ts';

/** Calls that run at a time. */
const CONCURRENCY = 8;
/** EventBridge gives an event up after 24 hours. */
const MAXIMUM_AGE_MS = 24 * 3_600_000;

const delivery = z.object({
  number: z.int(),
  function: z.string(),
  event: z.string(),
  attempts: z.int(),
  accepted: z.int(),
});
type Delivery = z.infer<typeof delivery>;

/** How long after its n-th failure an event is tried again, in milliseconds: 0.5 s, 1 s ... a minute. */
export function retryAfter(attempts: number): number {
  return Math.min(500 * 2 ** (attempts - 1), 60_000);
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY, function TEXT NOT NULL, event TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL, due INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS delivery_by_due ON delivery (due, number);`;

/**
 * Delivers the rows of the table `delivery` to their functions, and deletes each when its function succeeded. What
 * was running when the process died is delivered again by the next start.
 */
export function createDelivery(
  state: DatabaseSync,
  host: LambdaHost,
  onError: (message: string, error: unknown) => void,
) {
  state.exec(SCHEMA);
  const sql = {
    add: state.prepare('INSERT INTO delivery (function, event, accepted, due) VALUES (?, ?, ?, ?)'),
    due: state.prepare('SELECT * FROM delivery WHERE due <= ? ORDER BY due, number LIMIT ?'),
    next: state.prepare('SELECT min(due) AS due FROM delivery WHERE due > ?'),
    done: state.prepare('DELETE FROM delivery WHERE number = ?'),
    failed: state.prepare('UPDATE delivery SET attempts = ?, due = ? WHERE number = ?'),
  };
  const running = new Map<number, Promise<void>>();
  let started = false;
  let timer: NodeJS.Timeout | undefined;

  function pump(): void {
    if (!started) return;
    const now = Date.now();
    for (const row of sql.due.all(now, CONCURRENCY * 2)) {
      if (running.size >= CONCURRENCY) return;
      const found = delivery.parse(row);
      if (running.has(found.number)) continue;
      running.set(found.number, deliver(found));
    }
    clearTimeout(timer);
    const due = z
      .int()
      .nullable()
      .parse(sql.next.get(now)?.due ?? null);
    if (due !== null) timer = setTimeout(pump, due - now);
  }

  async function deliver(row: Delivery): Promise<void> {
    const invocation = await host.invoke(row.function, row.event);
    running.delete(row.number);
    if (invocation.status === 'succeeded') {
      sql.done.run(row.number);
    } else if (Date.now() - row.accepted > MAXIMUM_AGE_MS) {
      onError(`an event is given up after 24 hours: ${row.event}`, invocation.errorMessage);
      sql.done.run(row.number);
    } else {
      sql.failed.run(row.attempts + 1, Date.now() + retryAfter(row.attempts + 1), row.number);
    }
    pump();
  }

  return {
    start(): void {
      started = true;
      pump();
    },
    /** Stores an event, JSON text, for a function; `wake` delivers it, once the caller's transaction is over. */
    add(functionName: string, event: string): void {
      sql.add.run(functionName, event, Date.now(), Date.now());
    },
    /** Something was stored: looks at once. */
    wake: pump,
    async stop(): Promise<void> {
      started = false;
      clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
