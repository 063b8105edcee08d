import { defineConfig } from 'vitest/config';

/**
 * Three projects: `unit` needs nothing but Node, `local` starts the servers and endpoints of the one-machine
 * cloud, `acceptance` runs real Airflow and real clients, one file at a time.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{core,docs,functions,stacks}/**/*.test.ts'],
          setupFiles: ['test/support/scrypt.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
