import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
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
const SPAN = `startDate=2026-01-01T00:00:00Z&endDate=${new Date(end).toISOString()}`;

/** Writes a stream of a component: lines so many milliseconds before the end. */
function write(component: string, lines: readonly (readonly [number, string])[]): void {
  const timed = lines.map(([before, message]) => [end - before, message] as const);
  writeLog(cloud.folder, deployment.id, component, timed);
}

const logs = (query: string) => tenant.client.get(`${pathOf(tenant, deployment)}/logs?${query}`);

async function search(source: string, limit: number, searchText = '') {
  return await logs(`sources=${source}&limit=${limit}&searchText=${encodeURIComponent(searchText)}&${SPAN}`);
}

const Found = z.object({
  results: z.array(z.object({ raw: z.string() })),
  resultCount: z.int(),
  searchId: z.string(),
});

/** The lines that a search finds, and its id. */
async function found(query: string): Promise<{ lines: string[]; searchId: string }> {
  const { results, resultCount, searchId } = Found.parse((await logs(query)).body);
  expect(resultCount).toBe(results.length);
  return { lines: results.map(({ raw }) => raw), searchId };
}

/** Has a component have written lines that say how many seconds ago by the machine's clock that was. */
function writeAged(component: string, ages: readonly number[]): void {
  const now = Date.now();
  const lines = ages.map((age) => [now - age * 1000, `said ${age} s ago`] as const);
  writeLog(cloud.folder, deployment.id, component, lines);
}

const aged = (...ages: number[]) => ages.map((age) => `said ${age} s ago`);

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

test('a range is of seconds up to now, by the clock of the platform; a day unless told', async () => {
  writeAged('worker', [86_700, 86_200, 500, 10]);
  const lines = async (more: string) => (await found(`sources=worker&searchText=said${more}`)).lines;
  const { searchId } = await found('sources=worker');
  expect(await lines('&range=600')).toEqual(aged(500, 10));
  expect(await lines('')).toEqual(aged(86_200, 500, 10));
  await cloud.advanceClock(400);
  expect(await lines('&range=600')).toEqual(aged(10));
  expect(await lines('')).toEqual(aged(500, 10));
  expect(await lines('&range=90000')).toEqual(aged(86_700, 86_200, 500, 10));
  expect(await lines(`&range=1&searchId=${searchId}`)).toEqual(aged(86_200, 500, 10));
});

test('dates come instead of a range, both of them', async () => {
  write('scheduler', [
    [1000, 'before'],
    [0, 'at the end'],
    [-1, 'after'],
  ]);
  expect((await found(`sources=scheduler&range=1&${SPAN}`)).lines).toEqual(['before', 'at the end']);
});

test('the pages of a search go back from the newest line of its span, whatever is written meanwhile', async () => {
  const ages = [70, 60, 50, 40, 30, 20, 10];
  writeAged('scheduler', ages);
  const query = 'sources=scheduler&searchText=said&limit=3';
  const { lines, searchId } = await found(query);
  expect(lines).toEqual(aged(30, 20, 10));
  writeAged('scheduler', [...ages, -1000, -1001]);
  await cloud.advanceClock(2000);
  expect((await found(query)).lines).toEqual(aged(10, -1000, -1001));
  const page = async (offset: number) => await found(`${query}&searchId=${searchId}&offset=${offset}`);
  expect(await page(0)).toEqual({ lines: aged(30, 20, 10), searchId });
  expect(await page(3)).toEqual({ lines: aged(60, 50, 40), searchId });
  expect(await page(6)).toEqual({ lines: aged(70), searchId });
  expect(await page(7)).toEqual({ lines: [], searchId });
});

test('with a most of all, so many of the newest lines are paged from the oldest of them, as the CLI does', async () => {
  write(
    'triggerer',
    [7, 6, 5, 4, 3, 2, 1].map((age) => [age, `line ${age}`]),
  );
  const page = async (offset: number, limit = 2) =>
    (await found(`sources=triggerer&maxNumResults=5&limit=${limit}&offset=${offset}&${SPAN}`)).lines;
  expect(await page(0)).toEqual(['line 5', 'line 4']);
  expect(await page(2)).toEqual(['line 3', 'line 2']);
  expect(await page(4)).toEqual(['line 1']);
  expect(await page(5)).toEqual([]);
  expect(await page(0, 10)).toEqual(['line 5', 'line 4', 'line 3', 'line 2', 'line 1']);
});

test('500 lines are answered unless told', async () => {
  write(
    'worker',
    Array.from({ length: 600 }, (_, index) => [600 - index, `line ${index}`]),
  );
  const { lines } = await found(`sources=worker&${SPAN}`);
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([500, 'line 100', 'line 599']);
  expect((await found(`sources=worker&limit=5000&${SPAN}`)).lines).toHaveLength(600);
});

test.each([
  ['range=0', 'range'],
  ['range=31536001', 'range'],
  ['limit=0', 'limit'],
  ['limit=5001', 'limit'],
  ['offset=-1', 'offset'],
  ['maxNumResults=0', 'maxNumResults'],
  ['searchId=one', 'searchId'],
  ['searchId=2-1', 'endDate'],
  ['startDate=2026-01-01T00:00:00Z', 'endDate'],
  ['endDate=2026-01-01T00:00:00Z', 'startDate'],
  ['startDate=2026-01-02T00:00:00Z&endDate=2026-01-01T00:00:00Z', 'endDate'],
])('%s is refused', async (query, field) => {
  expect(await logs(`sources=worker&${query}`)).toMatchObject({
    status: 400,
    body: { fieldErrors: [{ field }] },
  });
});
