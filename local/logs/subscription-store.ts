import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** What of a group's lines is sent to which function. */
export interface SubscriptionFilter {
  readonly group: string;
  readonly name: string;
  /** One that `readPattern` reads. */
  readonly pattern: string;
  readonly functionName: string;
}

/** Bytes that were read of each file of a group. */
export type Positions = ReadonlyMap<string, number>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS filter (
    log_group TEXT NOT NULL, name TEXT NOT NULL, pattern TEXT NOT NULL, function TEXT NOT NULL,
    PRIMARY KEY (log_group, name));
  CREATE TABLE IF NOT EXISTS position (
    log_group TEXT NOT NULL, file TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (log_group, file));`;

const filterRow = z
  .object({ log_group: z.string(), name: z.string(), pattern: z.string(), function: z.string() })
  .transform(
    ({ log_group: group, function: functionName, ...row }): SubscriptionFilter => ({
      ...row,
      group,
      functionName,
    }),
  );
const positionRow = z
  .object({ file: z.string(), bytes: z.int() })
  .transform(({ file, bytes }): [string, number] => [file, bytes]);

/** The subscription filters, and how far each group's files were read, in this database. */
export function openSubscriptionStore(state: DatabaseSync) {
  state.exec(SCHEMA);
  const sql = {
    filters: state.prepare('SELECT * FROM filter ORDER BY log_group, name'),
    put: state.prepare('INSERT OR REPLACE INTO filter VALUES (?, ?, ?, ?)'),
    remove: state.prepare('DELETE FROM filter WHERE log_group = ?'),
    positions: state.prepare('SELECT file, bytes FROM position WHERE log_group = ?'),
    position: state.prepare('INSERT INTO position VALUES (?, ?, ?)'),
    removePositions: state.prepare('DELETE FROM position WHERE log_group = ?'),
  };
  return {
    /** The filters of each group that has some. */
    filters: (): ReadonlyMap<string, readonly SubscriptionFilter[]> =>
      Map.groupBy(z.array(filterRow).parse(sql.filters.all()), ({ group }) => group),
    put({ group, name, pattern, functionName }: SubscriptionFilter): void {
      sql.put.run(group, name, pattern, functionName);
    },
    remove(group: string): void {
      sql.remove.run(group);
      sql.removePositions.run(group);
    },
    positions: (group: string): Positions => new Map(z.array(positionRow).parse(sql.positions.all(group))),
    savePositions(group: string, positions: Positions): void {
      sql.removePositions.run(group);
      for (const [file, bytes] of positions) sql.position.run(group, file, bytes);
    },
  };
}
