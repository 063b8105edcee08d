import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How many events of a data folder wait for their delivery. */
export function eventsThatWait(home: string): number {
  const deliveries = new DatabaseSync(join(home, 'state', 'events.db'), { readOnly: true, timeout: 5_000 });
  try {
    return Number(deliveries.prepare('SELECT count(*) AS count FROM delivery').get()?.count);
  } finally {
    deliveries.close();
  }
}

/**
 * Loses every event that was not handled yet, of a data folder whose runner does not run: the changes that the
 * table's stream would still tell of, and the events that wait for their delivery.
 */
export function loseEvents(home: string): void {
  const deliveries = new DatabaseSync(join(home, 'state', 'events.db'));
  deliveries.exec('DELETE FROM delivery');
  deliveries.close();
  const stream = new DatabaseSync(join(home, 'dynamodb', 'dynamodb.db'), { timeout: 5_000 });
  stream.exec('DELETE FROM _stream_records');
  stream.close();
}
