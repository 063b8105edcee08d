import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHome } from '../../../local/home.ts';
import { formatLine, groupFolder, logFile } from '../../../local/logs/layout.ts';
import { signUp, type Tenant } from '../../support/client.ts';
import { type Deployment, healthy, pathOf } from '../../support/deployment.ts';
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
  const [root, group] = [openHome(cloud.folder).logs, `/windsock/${deployment.id}`];
  mkdirSync(groupFolder(root, group), { recursive: true });
  const text = lines.map(([before, message]) => formatLine({ timestamp: end - before, message })).join('');
  writeFileSync(logFile(root, group, `${component}/${component}/test`), text);
}

async function search(source: string, limit: number) {
  const times = `startDate=2026-01-01T00:00:00Z&endDate=${new Date(end).toISOString()}`;
  const query = `sources=${source}&limit=${limit}&${times}`;
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
