import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../../../functions/api/table.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const VALUE = 'shown-by-mistake';

let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  id = await rehearsed.create('mistaken');
  await rehearsed.settled(id);
  await changed({ environmentVariables: [{ key: 'DB', value: VALUE, isSecret: false }] });
});
afterAll(() => cloud.stop());

async function changed(change: object): Promise<void> {
  expect((await rehearsed.update(id, change)).status).toBe(200);
  expect((await rehearsed.settled(id)).statusReason).toBeUndefined();
}

/** The routes that answer with the value, of all that read deployments, this one, or a revision, but for its logs. */
async function showing(): Promise<string[]> {
  const { client, organizationId } = rehearsed.tenant;
  const { runningRevision = 0 } = await rehearsed.get(id);
  const answers = routes
    .filter(({ method, path }) => method === 'GET' && !path.endsWith('/logs'))
    .flatMap(({ path }) => {
      const of = path.replace('{organizationId}', organizationId).replace('{deploymentId}', id);
      const revisions = Array.from({ length: runningRevision }, (_, n) =>
        of.replace('{revision}', String(n + 1)),
      );
      return [...new Set(revisions)].map((url) => ({ path, url }));
    })
    .filter(({ path, url }) => path.includes('/deployments') && !url.includes('{'))
    .map(async ({ path, url }) => {
      const answer = await client.get(url);
      expect(answer.status, url).toBe(200);
      return JSON.stringify(answer.body).includes(VALUE) ? [path] : [];
    });
  return [...new Set((await Promise.all(answers)).flat())].toSorted();
}

/** The audit entries of changes of the deployment's variables, the oldest first, once there are so many. */
async function entries(count: number) {
  let found: Awaited<ReturnType<typeof rehearsed.auditLogs>> = [];
  await until(
    async () => {
      const all = await rehearsed.auditLogs();
      found = all.filter(({ after, action }) => action === 'UPDATE' && 'environmentVariables' in after);
      return found.length >= count;
    },
    { seconds: 20, what: () => `${count} entries; there are ${JSON.stringify(found)}` },
  );
  return found;
}

const OF_DEPLOYMENT = 'organizations/{organizationId}/deployments/{deploymentId}';

test('a variable that is not secret is shown wherever variables are', async () => {
  expect(await showing()).toEqual([
    '/v1/organizations/{organizationId}/deployments',
    `/v1/${OF_DEPLOYMENT}`,
    `/v1alpha1/${OF_DEPLOYMENT}/revisions`,
    `/v1alpha1/${OF_DEPLOYMENT}/revisions/{revision}`,
    `/v1alpha1/${OF_DEPLOYMENT}/timeline`,
  ]);
});

test('once it is secret no route shows what it was, and neither does the entry of that change', async () => {
  await changed({ environmentVariables: [{ key: 'DB', isSecret: true }] });
  expect(await showing()).toEqual([]);
  const [open, hidden] = await entries(2);
  expect(JSON.stringify(open)).toContain(VALUE);
  expect(JSON.stringify(hidden)).not.toContain(VALUE);
  expect(hidden).toMatchObject({
    before: { environmentVariables: [{ key: 'DB', isSecret: false }] },
    after: { environmentVariables: [{ key: 'DB', isSecret: true }] },
  });
  expect(await cloud.variables(id)).toEqual({ DB: VALUE });
});

test('going back to when it was not secret leaves it secret, with the value of then', async () => {
  await changed({ environmentVariables: [{ key: 'DB', value: 'another', isSecret: true }] });
  const { client } = rehearsed.tenant;
  expect((await client.post(`${rehearsed.alpha(id)}/revisions/2/rollback`, {})).status).toBe(200);
  expect((await rehearsed.settled(id)).environmentVariables).toMatchObject([{ key: 'DB', isSecret: true }]);
  expect(await cloud.variables(id)).toEqual({ DB: VALUE });
  expect(await showing()).toEqual([]);
  for (const entry of (await entries(4)).slice(1)) expect(JSON.stringify(entry)).not.toContain(VALUE);
});

test('whoever gives it a value to be shown sees that one, and none that it had as a secret', async () => {
  await changed({ environmentVariables: [{ key: 'DB', value: 'open', isSecret: false }] });
  expect((await rehearsed.get(id)).environmentVariables).toMatchObject([{ key: 'DB', value: 'open' }]);
  for (const entry of (await entries(5)).slice(1)) expect(JSON.stringify(entry)).not.toContain(VALUE);
});
