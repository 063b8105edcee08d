import { describe, expect, test } from 'vitest';
import { keep } from '../../core/out-of-memory/keep.ts';
import { readLine } from '../../core/out-of-memory/line.ts';
import { outOfMemoryReason } from '../../core/out-of-memory/reason.ts';
import type { OutOfMemory } from '../../core/out-of-memory/schema.ts';

const TASK = '0123456789abcdef0123456789abcdef';
const at = '2026-01-01T00:00:00.000Z';

const line = (title: string) =>
  `OutOfMemoryError: killed process 4711 (${title}), which used 1720 MiB; all of this container's used 2105 of 2048 MiB`;

function told(stream: string, message: string) {
  return readLine(`${stream}/${TASK}`, { timestamp: Date.parse(at), message });
}

describe('a line', () => {
  const amounts = { memory: 2048, usedMemory: 2105, firstAt: at, at, count: 1 };

  test.each([
    [
      'airflow worker -- greedy takes_all manual__2026-01-01T00:00:00+00:00',
      { dagId: 'greedy', taskId: 'takes_all', runId: 'manual__2026-01-01T00:00:00+00:00' },
    ],
    ['python3 of airflow worker -- greedy takes_all', { dagId: 'greedy', taskId: 'takes_all' }],
    ['airflow dag file -- dags/a (b).py', { file: 'dags/a (b).py' }],
    [
      'airflow worker -- 0199f0a2-0000-7000-8000-000000000000',
      { process: 'airflow worker -- 0199f0a2-0000-7000-8000-000000000000' },
    ],
    ['python3', { process: 'python3' }],
  ])('of %s tells what it was doing', (title, work) => {
    expect(told('worker/worker', line(title))).toEqual({
      ecsTask: TASK,
      outOfMemory: { component: 'worker', ...work, ...amounts },
    });
  });

  test('of long ids is cut to what Airflow allows', () => {
    const { outOfMemory } =
      told('worker/worker', line(`airflow worker -- ${'d'.repeat(300)} ${'t'.repeat(300)} r`)) ?? {};
    expect([outOfMemory?.dagId?.length, outOfMemory?.taskId?.length]).toEqual([250, 250]);
  });

  test.each([
    ['worker/worker', 'java.lang.OutOfMemoryError: Java heap space'],
    ['worker/worker', `${line('python3')} or so`],
    ['worker/worker', line('x'.repeat(1001))],
    ['worker/worker', line('\u001b[31mred')],
    ['worker/worker', line('python3').replace('2048', '9'.repeat(30))],
    ['database/database', line('python3')],
    ['elsewhere', line('python3')],
  ])('in %s that is none is not read: %s', (stream, message) => {
    expect(told(stream, message)).toBeUndefined();
  });
});

function entry(minute: number, more: Partial<OutOfMemory> = {}): OutOfMemory {
  const time = `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
  const task = { dagId: 'greedy', taskId: 'takes_all', runId: `run ${minute}` };
  const amounts = { memory: 2048, usedMemory: 2105, firstAt: time, at: time, count: 1 };
  return { component: 'worker', queue: 'default', ...task, ...amounts, ...more };
}

const all = (...entries: OutOfMemory[]) => entries.reduce<readonly OutOfMemory[]>(keep, []);

describe('what is kept', () => {
  test('is one entry for the same work, with its last run, however often it is told', () => {
    const other = entry(2, { taskId: 'other' });
    const kept = all(entry(1), other, entry(3), entry(4), entry(4), entry(3));
    expect(kept).toEqual([{ ...entry(4), firstAt: entry(1).at, count: 3 }, other]);
    expect(keep(kept, entry(4))).toBe(kept);
  });

  test('is bounded, the newest first', () => {
    const kept = all(...Array.from({ length: 50 }, (_, minute) => entry(minute, { dagId: `dag${minute}` })));
    expect(kept).toHaveLength(20);
    expect([kept.at(0)?.dagId, kept.at(-1)?.dagId]).toEqual(['dag49', 'dag30']);
  });
});

describe('the reason', () => {
  const now = new Date('2026-01-01T01:00:00.000Z');

  test('tells where, when, doing what, and what to do', () => {
    expect(outOfMemoryReason(all(entry(9)), now)).toBe(
      'A worker of the queue default of 2Gi ran out of memory at 2026-01-01T00:09:00.000Z, running the task takes_all of the DAG greedy in the run run 9. Give the queue a larger machine or a lower concurrency, or have the task take less memory.',
    );
    const { dagId: _, taskId: __, runId: ___, queue: ____, ...bare } = entry(10, { memory: 896 });
    expect(outOfMemoryReason([{ ...bare, component: 'dag-processor', file: 'dags/a.py' }], now)).toBe(
      'The dag-processor of 896Mi ran out of memory at 2026-01-01T00:10:00.000Z, reading the DAG file dags/a.py. Have the file take less memory, or choose a larger scheduler size.',
    );
    expect(outOfMemoryReason([{ ...bare, component: 'scheduler', process: 'python3' }], now)).toBe(
      'The scheduler of 896Mi ran out of memory at 2026-01-01T00:10:00.000Z, in its process python3. Choose a larger scheduler size.',
    );
  });

  test('counts, names the newest, and ends an hour after it', () => {
    const kept = all(entry(1), entry(2), entry(3, { taskId: 'other' }), entry(4));
    const reason = outOfMemoryReason(kept, now);
    expect(reason).toContain(`at ${entry(4).at} (3 times since ${entry(1).at}), running the task takes_all`);
    expect(reason).toMatch(/ The timeline tells of 1 more in the last hour\.$/);
    expect(outOfMemoryReason(kept, new Date('2026-01-01T01:04:00.000Z'))).toBeUndefined();
    expect(outOfMemoryReason([], now)).toBeUndefined();
  });
});
