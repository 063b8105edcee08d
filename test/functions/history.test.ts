import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deployPage } from '../../core/deploy/read.ts';
import type { DeploymentIds } from '../../core/deployment/entity.ts';
import { getDeployment } from '../../core/deployment/read.ts';
import { operationPage } from '../../core/operation/read.ts';
import { timelinePage } from '../../core/operation/timeline-page.ts';
import type { PageQuery } from '../../core/page.ts';
import { revisionPage } from '../../core/revision/read.ts';
import { intercept } from '../../core/store/intercept.ts';
import type { Services } from '../../functions/services.ts';
import { type Account, setPlan, signUp } from '../support/account.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { writeHistory } from '../support/history.ts';

/** So many intents, operations and revisions, and deploys but one. */
const LAST = 12;

let plane: ControlPlane;
let account: Account;
let ids: DeploymentIds;
beforeAll(async () => {
  plane = await startControlPlane();
  account = await signUp(plane);
  await setPlan(plane, account, 'TEAM');
  ids = await withHistory('storied', LAST);
});
afterAll(() => plane.stop());

async function withHistory(name: string, last: number): Promise<DeploymentIds> {
  const request = { name, workspaceId: account.workspace.id };
  const { body } = await plane.call('POST', `${account.path}/deployments`, request, account);
  const organizationId = account.organization.id;
  const made = { organizationId, deploymentId: z.object({ id: z.string() }).parse(body).id };
  await writeHistory(plane.services.store(organizationId), made, last);
  return made;
}

/** What is listed of the deployment's history at `path`, with how many there are in all. */
async function listed(version: 'v1' | 'v1alpha1', what: string, query: string) {
  const at = `${account.path}/deployments/${ids.deploymentId}/${what}?${query}`;
  const { body } = await plane.call('GET', at.replace('/v1/', `/${version}/`), undefined, account);
  const Item = z.object({ number: z.int().optional(), description: z.string().optional() });
  const page = z.looseObject({ totalCount: z.int(), [what]: z.array(Item) }).parse(body);
  const items = z.array(Item).parse(page[what]);
  const numbers = items.map(({ number, description }) => number ?? Number(description?.split(' ').at(-1)));
  return [numbers.join(' '), page.totalCount];
}

describe.each([
  ['v1alpha1', 'operations', LAST],
  ['v1alpha1', 'revisions', LAST],
  ['v1alpha1', 'timeline', LAST],
  ['v1', 'deploys', LAST - 1],
] as const)('of a history, %s %s', (version, what, count) => {
  const time = what === 'timeline' ? 'at' : 'createdAt';

  test('are listed newest first, and sorted and paged as is asked', async () => {
    expect(await listed(version, what, 'limit=3')).toEqual(['12 11 10', count]);
    expect(await listed(version, what, 'limit=3&offset=4')).toEqual(['8 7 6', count]);
    const first = LAST - count + 1;
    expect(await listed(version, what, `limit=2&sorts=${time}:asc`)).toEqual([
      `${first} ${first + 1}`,
      count,
    ]);
    expect(await listed(version, what, `limit=9&offset=${count - 2}&sorts=${time}:asc`)).toEqual([
      '11 12',
      count,
    ]);
    expect(await listed(version, what, `offset=${count - 1}`)).toEqual([String(first), count]);
    expect(await listed(version, what, 'offset=9007199254740991')).toEqual(['', count]);
    expect(await listed(version, what, 'limit=0')).toEqual(['', count]);
  });
});

/** The items that `ask` has read, by their kind; `in part` those of which a few attributes came. */
async function readBy(ask: (services: Services) => Promise<unknown>): Promise<Record<string, number>> {
  const Item = z.object({ __edb_e__: z.string() });
  const Answer = z.object({
    Item: Item.optional(),
    Items: z.array(Item).default([]),
    Responses: z.record(z.string(), z.array(Item)).default({}),
  });
  const read: string[] = [];
  const counting = intercept(plane.services.database, async (command, pass) => {
    const answer = await pass(command);
    const { Item, Items, Responses } = Answer.parse(answer);
    const isInPart = 'ProjectionExpression' in command.input;
    const items = [...(Item === undefined ? [] : [Item]), ...Items, ...Object.values(Responses).flat()];
    read.push(...items.map(({ __edb_e__: kind }) => (isInPart ? `${kind} in part` : kind)));
    return answer;
  });
  await ask(plane.services.through(counting));
  const byKind = Map.groupBy(read, (kind) => kind);
  return Object.fromEntries([...byKind].map(([kind, { length }]) => [kind, length]));
}

const middle: PageQuery = { offset: 4, limit: 3, sorts: [] };
const oldest: PageQuery = { offset: 0, limit: 3, sorts: ['at:asc'] };

test('a list of one deployment reads what it answers', async () => {
  const deployment = await getDeployment(plane.services, ids);
  expect(await readBy((through) => operationPage(through, deployment, middle))).toEqual({ operation: 3 });
  expect(await readBy((through) => revisionPage(through, deployment, middle))).toEqual({ revision: 3 });
  expect(await readBy((through) => deployPage(through, ids, middle))).toEqual({
    deploy: 3,
    'deploy in part': LAST - 1,
  });
  expect(await readBy((through) => timelinePage(through, deployment, middle))).toEqual({
    'intent in part': 3,
    intent: 3,
    operation: 4,
    revision: 1,
  });
  expect(await readBy((through) => timelinePage(through, deployment, oldest))).toEqual({
    'intent in part': 3,
    intent: 3,
    operation: 3,
  });
});

test('a page of the timeline that begins amid what one operation carried tells the same as the whole', async () => {
  const { organizationId, deploymentId } = await withHistory('coalesced', LAST);
  const { deployment, operation } = plane.services.store(organizationId).entities;
  const key = { organizationId, deploymentId };
  const carry = (number: number, firstIntent: number, lastIntent: number, status: 'SUCCEEDED' | 'FAILED') =>
    operation
      .patch({ ...key, number })
      .set({ firstIntent, lastIntent, status, fromRevision: 1, toRevision: lastIntent })
      .go();
  await carry(2, 2, 7, 'FAILED');
  await carry(3, 8, 10, 'SUCCEEDED');
  await deployment.patch(key).set({ operationCount: 3, carriedIntents: 10 }).go();
  const item = await getDeployment(plane.services, key);
  const whole = await timelinePage(plane.services, item, { offset: 0, limit: 100, sorts: ['at:asc'] });
  expect(whole.items.map((entry) => ('operation' in entry ? entry.operation?.number : undefined))).toEqual([
    ...[1, 2, 2, 2, 2, 2, 2, 3, 3, 3],
    ...[undefined, undefined],
  ]);
  expect(whole.items.map((entry) => 'before' in entry && entry.before.bundle).slice(6, 9)).toEqual([
    expect.objectContaining({ version: 'version 6' }),
    undefined,
    expect.objectContaining({ version: 'version 8' }),
  ]);
  for (const offset of whole.items.keys()) {
    for (const limit of [1, 4]) {
      const { items } = await timelinePage(plane.services, item, { offset, limit, sorts: ['at:asc'] });
      expect(items).toEqual(whole.items.slice(offset, offset + limit));
    }
  }
});

test('what was asked for at crossed times is told in the order in which it is carried out, page by page', async () => {
  const request = { name: 'crossed', workspaceId: account.workspace.id };
  const { body } = await plane.call('POST', `${account.path}/deployments`, request, account);
  const path = `${account.path}/deployments/${z.object({ id: z.string() }).parse(body).id}`;
  const change = async (changed: object, seconds: number) => {
    plane.advanceClock(seconds);
    expect((await plane.call('POST', path, changed, account)).status).toBe(200);
  };
  await change({ schedulerSize: 'MEDIUM' }, 60);
  await change({ isHighAvailability: true }, -30);
  await change({ description: 'between' }, 20);
  const timeline = async (query: string) => {
    const at = `${path.replace('/v1/', '/v1alpha1/')}/timeline?${query}`;
    const answer = await plane.call('GET', at, undefined, account);
    const Told = z.looseObject({ number: z.int().optional(), kind: z.string() });
    const { timeline } = z.object({ timeline: z.array(Told) }).parse(answer.body);
    return timeline.map(({ number, kind }) => number ?? kind);
  };
  expect(await timeline('')).toEqual([3, 2, 'settings', 1]);
  const pages = await Promise.all([0, 1, 2, 3].map((offset) => timeline(`limit=1&offset=${offset}`)));
  expect(pages.flat()).toEqual([3, 2, 'settings', 1]);
});
