import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Astro } from '../support/astro.ts';
import { type CliPlatform, startForecast } from '../support/cli.ts';
import type { Tenant } from '../support/client.ts';
import { type Deployment, healthy } from '../support/deployment.ts';
import { writeLog } from '../support/logs.ts';
import type { Platform } from '../support/platform.ts';
import { startReleaseHost } from '../support/release-host.ts';

let tenant: Tenant;
let astro: Astro;
let folder: string;
let deployment: Deployment;
let stop: CliPlatform['stop'];

/** What a triggerer wrote. */
const LINES = [
  '[info     ] it began',
  '[warning  ] it is slow',
  '[error    ] it failed',
  '[critical ] it ended',
];

beforeAll(async () => {
  let platform: Platform;
  ({ platform, tenant, astro, folder, deployment, stop } = await startForecast());
  writeLog(platform.home, deployment.id, 'triggerer', LINES);
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

test('a deployment is created by flags, as all of them say', async () => {
  const flags = {
    name: 'flagged',
    description: 'by flags',
    'runtime-version': '3.3-1',
    region: 'us-east-1',
    'cloud-provider': 'aws',
    executor: 'CeleryExecutor',
    'scheduler-size': 'medium',
    'high-availability': 'enable',
    'development-mode': 'disable',
    'cicd-enforcement': 'enable',
    'dag-deploy': 'enable',
    'workspace-id': tenant.workspaceId,
  };
  await done(
    'deployment',
    'create',
    ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
  );
  await healthy(tenant, 'flagged');
  const inspected = await done('deployment', 'inspect', '--deployment-name', 'flagged');
  for (const line of [
    'description: by flags',
    'runtime_version: 3.3-1',
    'dag_deploy_enabled: true',
    'ci_cd_enforcement: true',
    'executor: CELERY',
    'scheduler_size: MEDIUM',
    'is_high_availability: true',
    'is_development_mode: false',
  ])
    expect(inspected).toContain(line);
  await done('deployment', 'delete', '--deployment-name', 'flagged', '--force');
});

test('DAG-only deploys are turned off and on', async () => {
  for (const [flag, isEnabled] of [
    ['disable', 'false'],
    ['enable', 'true'],
  ] as const) {
    await done('deployment', 'update', deployment.id, '--dag-deploy', flag, '--force');
    expect(await done('deployment', 'inspect', deployment.id)).toContain(`dag_deploy_enabled: ${isEnabled}`);
  }
});

test("the version is changed through the API's own command", async () => {
  const path = `/organizations/{organizationId}/deployments/${deployment.id}`;
  for (const version of ['3.3-1', '3.3-2']) {
    await done('api', 'cloud', '-X', 'POST', path, '-f', `astroRuntimeVersion=${version}`);
    await healthy(tenant, 'forecast');
    expect(await done('deployment', 'inspect', deployment.id)).toContain(`runtime_version: ${version}`);
  }
});

test('deployments are listed by a template', async () => {
  const list = ['deployment', 'list', '--output', 'template', '--template'];
  expect(await done(...list, '{{range .Deployments}}{{.Name}}{{end}}')).toContain('forecast');
});

test('variables are loaded from a file, looked up by key, and saved to one', async () => {
  const file = join(folder, 'variables.env');
  await writeFile(file, 'FIRST=1\nSECOND=two words\n');
  const variable = (verb: string, ...rest: string[]) =>
    done('deployment', 'variable', verb, '--deployment-id', deployment.id, ...rest);
  await variable('create', '--load', '--env', file);
  const listed = await variable('list', '--key', 'SECOND');
  expect(listed).toContain('two words');
  expect(listed).not.toContain('FIRST');
  const saved = join(folder, 'saved.env');
  await variable('list', '--save', '--env', saved);
  expect(await readFile(saved, 'utf8')).toMatch(/FIRST="?1"?\n[\s\S]*SECOND="?two words"?/);
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

test.each([
  [['--error'], ['[error    ] it failed', '[critical ] it ended']],
  [['--warn'], ['[warning  ] it is slow']],
  [['--info'], ['[info     ] it began']],
  [['--keyword', 'is slow'], ['[warning  ] it is slow']],
])('the logs are read with %s', async (flags, found) => {
  const text = await done('deployment', 'logs', deployment.id, '--triggerer', ...flags);
  for (const line of LINES) expect([line, text.includes(line)]).toEqual([line, found.includes(line)]);
});

test.each([
  [['--component', 'triggerer'], '[info     ] it began'],
  [['--webserver'], 'api-server runs'],
])('a component is named by %s', async (flags, line) => {
  expect(await done('deployment', 'logs', deployment.id, ...flags)).toContain(line);
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
