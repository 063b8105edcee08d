import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openState } from '../endpoint/state.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS machine (
    arn TEXT PRIMARY KEY, name TEXT NOT NULL, definition TEXT NOT NULL, role TEXT NOT NULL, created INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS execution (
    arn TEXT PRIMARY KEY, name TEXT NOT NULL, machine TEXT NOT NULL, definition TEXT NOT NULL,
    status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
    started INTEGER NOT NULL, stopped INTEGER, expires INTEGER,
    state TEXT NOT NULL, state_input TEXT NOT NULL, entered INTEGER NOT NULL, wait_until INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS execution_by_machine ON execution (machine, started);
  CREATE INDEX IF NOT EXISTS execution_by_status ON execution (status) WHERE status = 'RUNNING';
`;

const machineRow = z.object({
  arn: z.string(),
  name: z.string(),
  definition: z.string(),
  role: z.string(),
  created: z.int(),
});
export type Machine = z.infer<typeof machineRow>;

export const executionStatus = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
export type ExecutionStatus = z.infer<typeof executionStatus>;

const executionRow = z.object({
  arn: z.string(),
  name: z.string(),
  machine: z.string(),
  /** As the machine's was when the execution started; empty once it ended. */
  definition: z.string(),
  status: executionStatus,
  input: z.string(),
  output: z.string().nullable(),
  error: z.string().nullable(),
  cause: z.string().nullable(),
  /** Epoch milliseconds by the platform's clock. */
  started: z.int(),
  stopped: z.int().nullable(),
  /** When it times out, epoch milliseconds by the machine's clock; null for never. */
  expires: z.int().nullable(),
  /** The state that runs or ran last, its input (empty once it ended), and when it was entered, by the platform's clock. */
  state: z.string(),
  state_input: z.string(),
  entered: z.int(),
  /** Until when it waits when it is a Wait, by the machine's clock. */
  wait_until: z.int(),
});
export type Execution = z.infer<typeof executionRow>;

/** A state about to run, as the journal keeps it before it runs. */
export interface Entry {
  readonly state: string;
  readonly input: string;
  readonly entered: number;
  readonly waitUntil: number;
}

/** How an execution ended. */
export type End =
  | { readonly status: 'SUCCEEDED'; readonly output: string }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error: string; readonly cause: string };

/** Names of executions stay taken for 90 days, as on AWS. */
const KEPT_MS = 90 * 86_400_000;

export type Journal = ReturnType<typeof openJournal>;

/** State machines and their executions in the SQLite file at `path`. Writes are on disk when they return. */
export function openJournal(path: string) {
  const state: DatabaseSync = openState(path, SCHEMA);
  const sql = {
    putMachine: state.prepare(`
      INSERT INTO machine VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET definition = excluded.definition, role = excluded.role`),
    machine: state.prepare('SELECT * FROM machine WHERE arn = ?'),
    start: state.prepare(`
      INSERT INTO execution VALUES (?, ?, ?, ?, 'RUNNING', ?, NULL, NULL, NULL, ?, NULL, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`),
    execution: state.prepare('SELECT * FROM execution WHERE arn = ?'),
    running: state.prepare("SELECT arn FROM execution WHERE status = 'RUNNING' ORDER BY started"),
    list: state.prepare(
      'SELECT * FROM execution WHERE machine = ? AND (?2 IS NULL OR status = ?2) ORDER BY started DESC, arn LIMIT ? OFFSET ?',
    ),
    enter: state.prepare(`
      UPDATE execution SET state = ?, state_input = ?, entered = ?, wait_until = ?
      WHERE arn = ? AND status = 'RUNNING'`),
    end: state.prepare(`
      UPDATE execution SET status = ?, output = ?, error = ?, cause = ?, stopped = ?, definition = '', state_input = ''
      WHERE arn = ? AND status = 'RUNNING'`),
    forget: state.prepare("DELETE FROM execution WHERE status <> 'RUNNING' AND stopped < ?"),
  };
  return {
    putMachine({ arn, name, definition, role, created }: Machine): void {
      sql.putMachine.run(arn, name, definition, role, created);
    },
    machine: (arn: string): Machine | undefined => machineRow.optional().parse(sql.machine.get(arn)),
    /** Writes a new execution with its first state; false when the name is taken. */
    start(
      execution: Pick<Execution, 'arn' | 'name' | 'machine' | 'definition' | 'input' | 'started' | 'expires'>,
      first: Entry,
    ) {
      const { arn, name, machine, definition, input, started, expires } = execution;
      const { state: firstState, input: stateInput, entered, waitUntil } = first;
      return (
        sql.start.run(
          arn,
          name,
          machine,
          definition,
          input,
          started,
          expires,
          firstState,
          stateInput,
          entered,
          waitUntil,
        ).changes === 1
      );
    },
    execution: (arn: string): Execution | undefined => executionRow.optional().parse(sql.execution.get(arn)),
    running: (): readonly string[] => sql.running.all().map(({ arn }) => z.string().parse(arn)),
    /** A page of a machine's executions, newest first. */
    list: (
      machine: string,
      status: ExecutionStatus | null,
      limit: number,
      offset: number,
    ): readonly Execution[] => z.array(executionRow).parse(sql.list.all(machine, status, limit, offset)),
    /** Moves a running execution to its next state; nothing for one that ended meanwhile. */
    enter(arn: string, { state: next, input, entered, waitUntil }: Entry): void {
      sql.enter.run(next, input, entered, waitUntil, arn);
    },
    /** Ends a running execution; nothing for one that ended before. */
    end(arn: string, end: End, stopped: number): void {
      const { output, error, cause } = { output: null, error: null, cause: null, ...end };
      sql.end.run(end.status, output, error, cause, stopped, arn);
    },
    /** Frees the names of executions that ended long before `now`, epoch milliseconds. */
    forgetOld(now: number): void {
      sql.forget.run(now - KEPT_MS);
    },
    close: () => state.close(),
  };
}
