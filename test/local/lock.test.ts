import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.looseObject({
        version: z.string().optional(),
        resolved: z.string().optional(),
        optionalDependencies: z.record(z.string(), z.string()).optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

test('the lock holds every optional package, without which npm ci refuses it', () => {
  const wanted = Object.values(lock.packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}),
  );
  const missing = wanted.filter((name) => lock.packages[`node_modules/${name}`]?.version === undefined);
  expect(missing).toEqual([]);
});

test('the lock names no registry', () => {
  expect(Object.values(lock.packages).flatMap((entry) => entry.resolved ?? [])).toEqual([]);
});
