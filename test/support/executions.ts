import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** Where a workflow's execution stands. */
const Execution = z.object({ name: z.string(), status: z.string(), state: z.string() });
export type Execution = z.infer<typeof Execution>;

/** Looks at the workflows' journal of a data folder from outside, while the runner runs and while it does not. */
export function openExecutions(home: string): { all(): Execution[]; close(): void } {
  const database = new DatabaseSync(join(home, 'state', 'states.db'), { readOnly: true, timeout: 5_000 });
  const select = database.prepare('SELECT name, status, state FROM execution ORDER BY started');
  return {
    all: () => z.array(Execution).parse(select.all()),
    close: () => database.close(),
  };
}

/** Where the workflows of a data folder stand, the oldest first. */
export function executionsOf(home: string): Execution[] {
  const executions = openExecutions(home);
  try {
    return executions.all();
  } finally {
    executions.close();
  }
}
