import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Machine, machineSizing, SchedulerSize, schedulerSizing } from '../../../core/deployment/sizes.ts';

/** CPU units to the least and most MiB, in steps: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const FARGATE: Readonly<Record<number, { from: number; to: number; step: number }>> = {
  512: { from: 1024, to: 4096, step: 1024 },
  1024: { from: 2048, to: 8192, step: 1024 },
  2048: { from: 4096, to: 16_384, step: 1024 },
  4096: { from: 8192, to: 30_720, step: 1024 },
  8192: { from: 16_384, to: 61_440, step: 4096 },
};

const tasks = [
  ...SchedulerSize.options.flatMap((size) => [schedulerSizing(size).control, schedulerSizing(size).api]),
  ...Machine.options.map(machineSizing),
];

test.each(tasks)('Fargate offers $cpu CPU units with $memory MiB', ({ cpu, memory }) => {
  const offered = FARGATE[cpu] ?? { from: 0, to: -1, step: 1 };
  expect(memory).toBeGreaterThanOrEqual(offered.from);
  expect(memory).toBeLessThanOrEqual(offered.to);
  expect((memory - offered.from) % offered.step).toBe(0);
});

test.each(SchedulerSize.options)('the containers of %s fit their task', (size) => {
  const { control, memory } = schedulerSizing(size);
  expect(Object.values(memory).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(control.memory);
});

test.each(SchedulerSize.options)(
  'the processes of %s open fewer connections than their role may have, with high availability',
  (size) => {
    const { settings } = schedulerSizing(size);
    const source = readFileSync('runtime/windsock_airflow/postgres.py', 'utf8');
    const limit = Number(/^CONNECTION_LIMIT = (\d+)$/m.exec(source)?.[1]);
    const processes =
      2 * (Number(settings.AIRFLOW__API__WORKERS) + Object.keys(schedulerSizing(size).memory).length);
    const each = 5 + Number(settings.AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW);
    expect(processes * each).toBeLessThan(limit);
  },
);
