import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { type Process, processesOf } from './processes.ts';

/**
 * The processes of containers that nobody looks after: those without exactly one shim, and those of tasks that ECS
 * says have ended.
 */
export function orphansOf(home: string): Process[] {
  const live = liveTasks(home);
  const processes = processesOf(home);
  const shimsOf = ({ task, container }: Process) =>
    processes.filter((other) => other.isShim && other.task === task && other.container === container);
  return processes.filter(
    (each) => each.task !== undefined && (!live.has(each.task) || shimsOf(each).length !== 1),
  );
}

function liveTasks(home: string): Set<string> {
  const database = new DatabaseSync(join(home, 'state', 'ecs.db'), { readOnly: true, timeout: 5_000 });
  try {
    const rows = database.prepare("SELECT arn FROM task WHERE status <> 'STOPPED'").all();
    return new Set(rows.map(({ arn }) => z.string().parse(arn).split('/').at(-1) ?? ''));
  } finally {
    database.close();
  }
}
