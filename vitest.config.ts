import { defineConfig } from 'vitest/config';
import { PATIENCE } from './test/support/patience.ts';

/**
 * Three projects: `unit` needs nothing but Node, `local` starts the servers and endpoints of the one-machine
 * cloud, `acceptance` runs real Airflow and real clients, one file at a time.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
    expect: { poll: { timeout: 10_000 * PATIENCE } },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{core,docs,functions,stacks}/**/*.test.ts'],
          setupFiles: ['test/support/scrypt.ts'],
          testTimeout: 30_000 * PATIENCE,
          hookTimeout: 30_000 * PATIENCE,
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          testTimeout: 60_000 * PATIENCE,
          hookTimeout: 120_000 * PATIENCE,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          testTimeout: 300_000 * PATIENCE,
          hookTimeout: 600_000 * PATIENCE,
          fileParallelism: false,
        },
      },
    ],
  },
});
