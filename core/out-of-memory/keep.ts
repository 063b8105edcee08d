import type { OutOfMemory } from './schema.ts';

/** A deployment's item holds the last so many, mostly some 8 KB and at most some 50 of the 400 that it has room for. */
const MOST_KEPT = 20;

/**
 * What is kept of all that a deployment was told, the newest first, with one more. The same work of the same component
 * is one entry, however often it happens: a DAG that fails each minute for days pushes no other out. What is told
 * again, or late, changes nothing.
 */
export function keep(kept: readonly OutOfMemory[], told: OutOfMemory): readonly OutOfMemory[] {
  const before = kept.find((other) => isSame(other, told));
  if (before !== undefined && told.at <= before.at) return kept;
  const entry = before === undefined ? told : { ...told, firstAt: before.firstAt, count: before.count + 1 };
  return [...kept.filter((other) => other !== before), entry]
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, MOST_KEPT);
}

/** Runs of a task differ, and are the same work. */
function isSame(a: OutOfMemory, b: OutOfMemory): boolean {
  return (['component', 'queue', 'dagId', 'taskId', 'file', 'process'] as const).every(
    (field) => a[field] === b[field],
  );
}
