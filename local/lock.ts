import { DatabaseSync } from 'node:sqlite';

/** A file that this process alone holds, until it releases it or ends, however it ends. */
export interface FileLock {
  release(): void;
}

/**
 * Locks a file, or answers undefined when another process holds it. The lock is the operating system's, taken by
 * SQLite: nothing stale is ever left.
 */
export function tryLock(path: string): FileLock | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes('locked')) return undefined;
    throw error;
  }
}
