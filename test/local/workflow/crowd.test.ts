import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../support/client.ts';
import { until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const PEOPLE = 40;

let cloud: Rehearsal;
let rehearsed: Rehearsed;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
});
afterAll(() => cloud.stop());

/** Clients of API tokens that own the organization, each a subject of its own. */
async function crowd() {
  const { client, organizationId } = rehearsed.tenant;
  const made = Array.from({ length: PEOPLE }, async (_, number) => {
    const { body } = await client.post(`/v1/organizations/${organizationId}/tokens`, {
      name: `person ${number}`,
      scope: 'ORGANIZATION',
      role: 'ORGANIZATION_OWNER',
    });
    return createClient(cloud.url, z.object({ token: z.string() }).parse(body).token);
  });
  return await Promise.all(made);
}

test('forty changes of a crowd at once, while an operation runs, are all taken and all told of', async () => {
  const id = await rehearsed.create('popular');
  await rehearsed.settled(id);
  const people = await crowd();
  expect((await rehearsed.update(id, { schedulerSize: 'MEDIUM' })).status).toBe(200);
  await until(async () => (await rehearsed.get(id)).runningOperation !== undefined, {
    seconds: 20,
    what: () => 'the operation to begin',
  });
  const path = `${rehearsed.path}/${id}`;
  const answers = await Promise.all(
    people.map((person, number) =>
      person.post(path, { workerQueues: [queue({ maxWorkerCount: 10 + number })] }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  await rehearsed.settled(id);
  const { body } = await rehearsed.tenant.client.get(`${rehearsed.alpha(id)}/timeline?limit=100`);
  const Asked = z.object({ askedBy: z.object({ id: z.string() }), status: z.literal('SUCCEEDED') });
  const { timeline } = z.object({ timeline: z.array(Asked) }).parse(body);
  expect(timeline).toHaveLength(PEOPLE + 2);
  expect(new Set(timeline.map(({ askedBy }) => askedBy.id)).size).toBe(PEOPLE + 1);
});
