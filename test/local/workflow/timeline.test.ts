import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Change } from '../../../core/operation/timeline.ts';
import { Planned } from '../../../core/operation/view.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

let cloud: Rehearsal;
let rehearsed: Rehearsed;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
});
afterAll(() => cloud.stop());

test('the timeline tells of each change who asked for it, its plan, its steps, and how it ended and why', async () => {
  const { client, email } = rehearsed.tenant;
  const id = await rehearsed.create('told');
  const { runningRevision } = await rehearsed.settled(id);
  const alpha = rehearsed.alpha(id);
  const larger = { schedulerSize: 'MEDIUM' };
  const { plan } = Planned.parse((await client.post(`${rehearsed.path}/${id}?dryRun=plan`, larger)).body);
  await rehearsed.update(id, larger);
  await rehearsed.settled(id);
  await rehearsed.update(id, { environmentVariables: [{ key: 'FAIL', value: 'worker', isSecret: false }] });
  await rehearsed.settled(id);
  await rehearsed.update(id, { description: 'told of', contactEmails: ['ada@example.com'] });
  await rehearsed.deliver(id);
  await rehearsed.settled(id);
  expect((await client.post(`${alpha}/revisions/${runningRevision}/rollback`, {})).status).toBe(200);
  await rehearsed.settled(id);

  const list = async (query: string) => {
    const { body } = await client.get(`${alpha}/timeline?${query}`);
    return z.object({ timeline: z.array(Change), totalCount: z.int() }).parse(body);
  };
  const { timeline, totalCount } = await list('limit=100');
  const succeeded = { status: 'SUCCEEDED', operation: { status: 'SUCCEEDED' } };
  expect(timeline).toMatchObject([
    { kind: 'rollback', ...succeeded, after: { schedulerSize: 'SMALL' } },
    { kind: 'deploy', ...succeeded },
    { kind: 'settings', status: 'SUCCEEDED', after: { description: 'told of' } },
    {
      kind: 'update',
      status: 'FAILED',
      after: { environmentVariables: [{ key: 'FAIL' }] },
      operation: { status: 'FAILED', reason: expect.stringMatching(/^worker ended with exit code 3/) },
    },
    { kind: 'update', ...succeeded, before: { schedulerSize: 'SMALL' }, after: larger, operation: { plan } },
    { kind: 'create', ...succeeded },
  ]);
  for (const { kind, at, askedBy, operation } of timeline) {
    expect(askedBy).toMatchObject({ subjectType: 'USER', username: email });
    if (kind === 'settings') continue;
    expect(operation?.steps.length).toBeGreaterThan(1);
    const times = operation?.steps.map(({ startedAt }) => startedAt) ?? [];
    expect(times).toEqual(times.toSorted());
    expect(at <= (times[0] ?? '')).toBe(true);
  }
  expect(totalCount).toBe(6);
  for (const offset of timeline.keys()) {
    for (const limit of [1, 2, 3]) {
      const [page, reversed] = await Promise.all([
        list(`offset=${offset}&limit=${limit}`),
        list(`offset=${offset}&limit=${limit}&sorts=at:asc`),
      ]);
      expect(page).toMatchObject({ timeline: timeline.slice(offset, offset + limit), totalCount });
      expect(reversed.timeline).toEqual(timeline.toReversed().slice(offset, offset + limit));
    }
  }
  await rehearsed.remove(id);
});
