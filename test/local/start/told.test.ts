import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { namespaceOf } from '../../../core/deployment/namespace.ts';
import { readArguments } from '../../../local/arguments.ts';
import { linesOf } from '../../../local/running.ts';
import { sayWhileWaiting, waitingFor } from '../../../local/waiting.ts';

describe('arguments', () => {
  test('are --empty or none', () => {
    expect(readArguments([])).toEqual({ empty: false });
    expect(readArguments(['--empty'])).toEqual({ empty: true });
  });

  test.each([
    [['--emty'], "Unknown option '--emty'. npm start takes one option"],
    [['-e'], "Unknown option '-e'. npm start takes one option"],
    [['empty'], "Unexpected argument 'empty'. "],
    [['--empty=yes'], "Option '--empty' does not take an argument. "],
    [['--no-empty'], "Unknown option '--no-empty'. "],
  ])('that are others are named: %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
    expect(() => readArguments(args)).toThrow('npm start -- --empty');
  });
});

describe('the deployments that a start finds', () => {
  const origin = 'http://localhost:8888';
  const trial = { name: 'Trial', namespace: 'keen-gust-abc123', answers: false };
  const other = { name: 'Nightly', namespace: 'jade-wave-def456', answers: true };

  test('are told with their addresses, apart by whether they answer', () => {
    expect(linesOf({ told: [trial], others: 0 }, origin)).toEqual([
      'Starting again; Airflow answers in about half a minute:',
      '  Trial  http://localhost:8888/keen-gust-abc123',
    ]);
    expect(linesOf({ told: [trial, other], others: 0 }, origin)).toEqual([
      'Running:',
      '  Nightly  http://localhost:8888/jade-wave-def456',
      'Starting again; Airflow answers in about half a minute:',
      '  Trial    http://localhost:8888/keen-gust-abc123',
    ]);
  });

  test('are counted when they are many, and not mentioned when there is none', () => {
    expect(linesOf({ told: [trial], others: 12 }, origin).at(-1)).toBe('  and 12 more');
    expect(linesOf({ told: [], others: 0 }, origin)).toEqual([]);
  });
});

describe('a stop that takes long', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('says what it waits for, once for each', async () => {
    const said: string[] = [];
    const work = Promise.withResolvers<void>();
    let what = 'two';
    const waiting = sayWhileWaiting(
      work.promise,
      () => what,
      (line) => said.push(line),
    );
    await vi.advanceTimersByTimeAsync(4_900);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual(['two']);
    what = 'one';
    await vi.advanceTimersByTimeAsync(10_000);
    work.resolve();
    await waiting;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['two', 'one']);
  });

  test('names services by the namespaces of their deployments, and of many the first', () => {
    const id = `c${'0'.repeat(24)}`;
    const workers = [1, 2, 3, 4, 5, 6, 7].map((count) => `windsock-${id}-worker-default-${count}`);
    expect(waitingFor(workers.slice(0, 1))).toBe(
      `Waiting for ${namespaceOf(id)} worker-default-1; workers get two minutes to end the tasks that they run ...`,
    );
    expect(waitingFor(workers)).toContain('worker-default-5, 2 more; workers get');
    expect(waitingFor([`windsock-${id}-api`])).toBe(`Waiting for ${namespaceOf(id)} api ...`);
  });
});
