import { openState } from '../endpoint/state.ts';

/** The control plane's clock: the machine's, shifted by an offset that outlives restarts. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** How far it is ahead of the machine's clock, in milliseconds. */
  readonly offset: number;
  /** Shifts it by so many milliseconds; it flows on from there. Durable when this returns. */
  advance(milliseconds: number): void;
}

/** Opens the clock whose offset is kept in the SQLite file at `path`. */
export function openClock(path: string): Clock & { close(): void } {
  const state = openState(
    path,
    `CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), offset INTEGER NOT NULL);
     INSERT OR IGNORE INTO clock VALUES (1, 0);`,
  );
  let offset = Number(state.prepare('SELECT offset FROM clock').get()?.offset);
  const save = state.prepare('UPDATE clock SET offset = ?');
  return {
    now: () => Date.now() + offset,
    get offset() {
      return offset;
    },
    advance(milliseconds) {
      save.run(offset + milliseconds);
      offset += milliseconds;
    },
    close: () => state.close(),
  };
}
