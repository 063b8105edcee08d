import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Astro } from '../support/astro.ts';
import { type CliPlatform, startForecast } from '../support/cli.ts';
import type { Tenant } from '../support/client.ts';
import { type Deployment, healthy } from '../support/deployment.ts';
import { startReleaseHost } from '../support/release-host.ts';

let tenant: Tenant;
let astro: Astro;
let folder: string;
let deployment: Deployment;
let stop: CliPlatform['stop'];

beforeAll(async () => {
  ({ tenant, astro, folder, deployment, stop } = await startForecast());
});
afterAll(() => stop?.());

const done = (...args: readonly string[]) => astro.done(args);

/** The deployment's file as `inspect` prints it to be created from. */
const template = (name: string) => done('deployment', 'inspect', '--deployment-name', name, '--template');

test('a deployment is updated by flags', async () => {
  await done('deployment', 'update', deployment.id, '--description', 'nightly loads', '--force');
  await done(
    'deployment',
    'update',
    deployment.id,
    '--name',
    'forecasts',
    '--cicd-enforcement',
    'disable',
    '--force',
  );
  const inspected = await done('deployment', 'inspect', deployment.id);
  expect(inspected).toContain('name: forecasts');
  expect(inspected).toContain('description: nightly loads');
  await done('deployment', 'update', deployment.id, '--name', 'forecast', '--force');
  await healthy(tenant, 'forecast');
});

test.each([
  {
    flags: ['--scheduler-size', 'medium', '--high-availability', 'enable', '--executor', 'celery'],
    shown: ['MEDIUM', 'true', 'CELERY'],
  },
  {
    flags: ['--scheduler-size', 'small', '--high-availability', 'disable', '--executor', 'astro'],
    shown: ['SMALL', 'false', 'ASTRO'],
  },
])('sizes and executor change by flags, to $shown', async ({ flags, shown: [size, isDoubled, executor] }) => {
  await done('deployment', 'update', deployment.id, ...flags, '--force');
  await healthy(tenant, 'forecast');
  const inspected = await done('deployment', 'inspect', deployment.id);
  expect(inspected).toContain(`scheduler_size: ${size}`);
  expect(inspected).toContain(`is_high_availability: ${isDoubled}`);
  expect(inspected).toContain(`executor: ${executor}`);
});

test('variables are created, listed and updated; a secret stays one', async () => {
  const variable = (verb: string, ...rest: string[]) =>
    done('deployment', 'variable', verb, ...rest, '--deployment-id', deployment.id);
  await variable('create', 'LEVEL=debug', 'COLOUR=red');
  await variable('create', 'TOKEN=hidden', '--secret');
  expect(await variable('update', 'LEVEL=info')).toContain('info');
  const listed = await variable('list');
  for (const text of ['LEVEL', 'info', 'COLOUR', 'red', 'TOKEN', '****']) expect(listed).toContain(text);
  expect(listed).not.toContain('hidden');
  await healthy(tenant, 'forecast');
});

test('worker queues are created, updated and deleted', async () => {
  const queue = (verb: string, ...rest: string[]) =>
    done('deployment', 'worker-queue', verb, '--deployment-id', deployment.id, '--name', 'big', ...rest);
  await queue(
    'create',
    '--worker-type',
    'A10',
    '--min-count',
    '0',
    '--max-count',
    '2',
    '--concurrency',
    '10',
  );
  expect(await done('deployment', 'inspect', deployment.id)).toContain('name: big');
  await queue('update', '--max-count', '4', '--force');
  expect(await done('deployment', 'inspect', deployment.id)).toContain('max_worker_count: 4');
  await queue('delete', '--force');
  expect(await done('deployment', 'inspect', deployment.id)).not.toContain('name: big');
  await healthy(tenant, 'forecast');
});

test('a file that was inspected creates the same, and updates it', async () => {
  const file = join(folder, 'deployment.yaml');
  const write = (text: string) => writeFile(file, text.replace('name: ""', 'name: copy'));
  const inspected = await template('forecast');
  const larger = inspected.replace('scheduler_size: SMALL', 'scheduler_size: MEDIUM');
  await write(larger);
  const releases = await startReleaseHost();
  try {
    const options = { environment: releases.environment };
    const { text } = await astro.run(['deployment', 'create', '--deployment-file', file], options);
    expect(text).toContain('name: copy');
  } finally {
    releases.stop();
  }
  await healthy(tenant, 'copy');
  expect(withoutTimes(await template('copy'))).toBe(withoutTimes(larger));
  await write(inspected);
  await done('deployment', 'update', '--deployment-file', file);
  await healthy(tenant, 'copy');
  expect(withoutTimes(await template('copy'))).toBe(withoutTimes(inspected));
  await done('deployment', 'delete', '--deployment-name', 'copy', '--force');
});

/** The times at which variables were changed are told in the file. */
function withoutTimes(text: string): string {
  return text.replaceAll(/updated_at: .*/g, 'updated_at:');
}
