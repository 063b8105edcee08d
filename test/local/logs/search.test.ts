import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp, type Tenant } from '../../support/client.ts';
import { type Deployment, healthy, pathOf } from '../../support/deployment.ts';
import { writeLog } from '../../support/logs.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';

let cloud: Rehearsal;
let tenant: Tenant;
let deployment: Deployment;
beforeAll(async () => {
  cloud = await startRehearsal();
  tenant = await signUp(cloud);
  deployment = await healthy(tenant);
});
afterAll(() => cloud.stop());

const end = Date.parse('2026-01-31T00:00:00Z');

/** Writes a stream of a component: lines so many milliseconds before the end. */
function write(component: string, lines: readonly (readonly [number, string])[]): void {
  const timed = lines.map(([before, message]) => [end - before, message] as const);
  writeLog(cloud.folder, deployment.id, component, timed);
}

async function search(source: string, limit: number, searchText = '') {
  const times = `startDate=2026-01-01T00:00:00Z&endDate=${new Date(end).toISOString()}`;
  const query = `sources=${source}&limit=${limit}&searchText=${encodeURIComponent(searchText)}&${times}`;
  return await tenant.client.get(`${pathOf(tenant, deployment)}/logs?${query}`);
}

test('finds the newest lines, however far back they are, each once', async () => {
  const days = 86_400_000;
  const ages = [20 * days, days, 3_600_000, 600_001, 600_000, 60_000, 59_999, 0];
  write(
    'triggerer',
    ages.map((age) => [age, `line ${age}`]),
  );
  for (const count of [1, 2, 4, 8]) {
    const raws = ages.slice(-count).map((age) => expect.objectContaining({ raw: `line ${age}` }));
    expect(await search('triggerer', count)).toMatchObject({ status: 200, body: { results: raws } });
  }
  expect((await search('triggerer', 100)).body).toMatchObject({ resultCount: ages.length });
});

test.each([
  ['task "first"', ['took the task "first"']],
  ['Task', []],
  ['INFO', ['[info     ] it began', 'INFO: it began']],
  ['WARN', ['[warning  ] it is slow']],
  ['ERROR', ['[error    ] it failed', '[critical ] it ended', 'ERROR:  relation is not there']],
])('finds the lines that have %s, a level as Airflow writes it too', async (searchText, found) => {
  const lines = [
    'took the task "first"',
    '[info     ] it began',
    'INFO: it began',
    '[warning  ] it is slow',
    '[error    ] it failed',
    '[critical ] it ended',
    'ERROR:  relation is not there',
  ];
  write(
    'api-server',
    lines.map((line) => [1000, line]),
  );
  const { body } = await search('apiserver', 10, searchText);
  expect(body).toMatchObject({ results: found.map((raw) => ({ raw })) });
});

test('takes no text that is too long once it is quoted', async () => {
  expect((await search('apiserver', 10, '"'.repeat(511))).status).toBe(200);
  expect(await search('apiserver', 10, '"'.repeat(512))).toMatchObject({
    status: 400,
    body: { fieldErrors: [{ field: 'searchText' }] },
  });
});

test('says so when there are too many lines to tell the newest', async () => {
  write(
    'dag-processor',
    Array.from({ length: 200_001 }, () => [1000, 'x']),
  );
  expect(await search('dag-processor', 10)).toMatchObject({
    status: 400,
    body: { fieldErrors: [{ field: 'startDate', code: 'too_many_lines' }] },
  });
});
