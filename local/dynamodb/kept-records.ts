import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

export interface KeptRecords {
  /** Deletes those before this record of the table's stream. Throws when the database's file is not there or cannot be written. */
  forgetBefore(sequenceNumber: string): void;
}

/**
 * What the database behind keeps of a table's stream. It keeps every record for good, where AWS keeps a day's, and
 * looks at each of them at every write: without this a write takes 6 ms more for each 20,000 that were before it.
 * `file` is the database's, which may be open elsewhere.
 */
export function keptRecords(file: string, tableName: string): KeptRecords {
  const existing = pathToFileURL(file);
  existing.searchParams.set('mode', 'rw');
  return {
    forgetBefore(sequenceNumber) {
      const database = new DatabaseSync(existing, { timeout: 5_000 });
      try {
        database
          .prepare(
            'DELETE FROM _stream_records WHERE table_name = ? AND CAST(sequence_number AS INTEGER) < CAST(? AS INTEGER)',
          )
          .run(tableName, sequenceNumber);
      } finally {
        database.close();
      }
    },
  };
}
