import { DatabaseSync } from 'node:sqlite';

/**
 * Opens the SQLite file in which an endpoint keeps its state. A write that returned is on disk: a killed runner
 * loses nothing that was answered. `schema` is SQL that may run any number of times.
 */
export function openState(path: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  database.exec(schema);
  return database;
}

/** Runs `work` in one transaction: all of its writes, or none when it throws. */
export function atomically<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
