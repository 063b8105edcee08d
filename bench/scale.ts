import { z } from 'zod';
import type { DeploymentItem } from '../core/deployment/entity.ts';
import { getDeployment } from '../core/deployment/read.ts';
import { findDue } from '../core/due/find.ts';
import { newId } from '../core/id.ts';
import { DUE_SHARDS } from '../core/store/attributes.ts';
import { type Account, signUp } from '../test/support/account.ts';
import { type ControlPlane, startControlPlane } from '../test/support/control-plane.ts';
import { writeHistory } from '../test/support/history.ts';
import { counts, dynamodbOperationsOf } from './support/operations.ts';
import { makeDue, recordsLike, writeCrowd, writeRecords } from './support/records.ts';
import { median, quantile } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

const LEVELS = [10, 100, 1_000, 10_000];
/** So many are the asked organization's at most; the others are in organizations of so many each. */
const LARGEST = 1_000;
const OTHERS = 100;
/** Of the other organization, whatever the level. */
const FEW = 10;
/** Operations, revisions and, but for one, deploys of the two deployments of which they are listed. */
const SHORT_HISTORY = 20;
const LONG_HISTORY = 1_000;
/** Members, teams and API tokens of an organization of its own. */
const CROWD = 200;
/** A route is asked for so long, but so often at least and at most. */
const SECONDS = 2;
const LEAST = 5;
const MOST = 200;

/** What a route, or a run of the clock, was found to cost at one level. */
interface Cost {
  readonly operations: string;
  readonly time: string;
  readonly extra: string;
}

/**
 * From 10 to 10,000 deployments, the first 1,000 of one organization, as records of which nothing runs: what routes and
 * the clock's function cost, in this process, with a real table.
 */
export async function scale(_rounds: number): Promise<void> {
  const plane = await startControlPlane({ stream: false });
  const { info } = console;
  // The function's log, a line a request, would stand between the tables.
  console.info = () => undefined;
  try {
    const large = await organization(plane);
    const small = await organization(plane);
    await writeRecords(plane.services, recordsLike(small.sample, FEW - 1));
    await keepCount(plane, small, FEW);
    const crowded = await crowd(plane);
    // Two more: one is changed, by which its timeline grows, and one has a long history. Records that were due are
    // written anew.
    const [changed = large.sample, storied = large.sample] = recordsLike(large.sample, 2);
    await writeRecords(plane.services, [changed, storied]);
    const store = plane.services.store(large.account.organization.id);
    await writeHistory(store, storied, LONG_HISTORY);
    await writeHistory(store, large.sample, SHORT_HISTORY);
    const records = [await getDeployment(plane.services, large.sample)];
    const routes = new Map<string, Cost[]>();
    const clock = new Map<string, Cost[]>();
    for (const level of LEVELS) {
      say(`  ${level} deployments`);
      const own = recordsLike(large.sample, Math.min(level, LARGEST) - Math.min(records.length, LARGEST));
      const added = [...own, ...elsewhere(large.sample, level - records.length - own.length)];
      await writeRecords(plane.services, added);
      await keepCount(plane, large, Math.min(level, LARGEST) + 2);
      records.push(...added);
      for (const [route, ask] of Object.entries(asking(plane, { large, small, crowded, changed, storied }))) {
        note(routes, route, await costOfRoute(ask));
      }
      for (const [share, due] of Object.entries(shares(records))) {
        note(clock, share, await costOfTick(plane, due));
      }
    }
    const header = [
      `deployments, at most ${LARGEST.toLocaleString('en')} of the organization`,
      ...LEVELS.map((level) => level.toLocaleString('en')),
    ];
    const rows = (costs: ReadonlyMap<string, Cost[]>, of: (cost: Cost) => string) =>
      [...costs].map(([name, found]) => [name, ...found.map(of)]);
    printTable(
      'DynamoDB operations of a request',
      header,
      rows(routes, ({ operations }) => operations),
    );
    printTable(
      'Milliseconds of a request (median / 99 %)',
      header,
      rows(routes, ({ time }) => time),
    );
    printTable(
      'KB of an answer',
      header,
      rows(routes, ({ extra }) => extra),
    );
    printTable(
      'Seconds of a run of the clock',
      header,
      rows(clock, ({ time }) => time),
    );
    printTable(
      'Its DynamoDB operations',
      header,
      rows(clock, ({ operations }) => operations),
    );
    printTable(
      'Deployments that it advanced',
      header,
      rows(clock, ({ extra }) => extra),
    );
  } finally {
    console.info = info;
    await plane.stop();
  }
}

/** An organization with one deployment, at rest, after which its others are made. */
async function organization(plane: ControlPlane): Promise<{ account: Account; sample: DeploymentItem }> {
  const account = await signUp(plane);
  // The clock's first run provisions the sign-up.
  await plane.tick();
  const { body } = await plane.call('GET', `${account.path}/deployments`, undefined, account);
  const { deployments } = z.object({ deployments: z.array(z.object({ id: z.string() })) }).parse(body);
  const [{ id: deploymentId } = { id: '' }] = deployments;
  const ids = { organizationId: account.organization.id, deploymentId };
  const trial = await getDeployment(plane.services, ids);
  const [atRest] = recordsLike(trial, 1);
  if (atRest === undefined) throw new Error('There is no deployment to copy');
  const sample = { ...atRest, ...ids };
  await writeRecords(plane.services, [sample]);
  return { account, sample };
}

/** An organization with many members, teams and API tokens. */
async function crowd(plane: ControlPlane): Promise<Organization> {
  const crowded = await organization(plane);
  const { account } = crowded;
  const made = { name: 'First', role: 'ORGANIZATION_MEMBER' };
  await plane.call(
    'POST',
    `${account.path}/teams`,
    { name: made.name, organizationRole: made.role },
    account,
  );
  await plane.call('POST', `${account.path}/tokens`, { ...made, scope: 'ORGANIZATION' }, account);
  await writeCrowd(plane.services, account.organization.id, CROWD);
  return crowded;
}

/** Has an organization know how many deployments it has, on a plan that allows them. */
async function keepCount(
  { services }: ControlPlane,
  { account }: Organization,
  deploymentCount: number,
): Promise<void> {
  const organizationId = account.organization.id;
  const { organization } = services.store(organizationId).entities;
  await organization.patch({ organizationId }).set({ deploymentCount, productPlan: 'TEAM' }).go();
}

/** Deployments of other organizations. */
function elsewhere(sample: DeploymentItem, count: number): DeploymentItem[] {
  const organizations = Array.from({ length: Math.ceil(count / OTHERS) }, newId);
  return recordsLike(sample, count).map((item, index) => ({
    ...item,
    organizationId: organizations[Math.floor(index / OTHERS)] ?? item.organizationId,
  }));
}

type Organization = Awaited<ReturnType<typeof organization>>;

/** Whom and what the routes are asked for. */
interface Asked {
  readonly large: Organization;
  readonly small: Organization;
  readonly crowded: Organization;
  readonly changed: DeploymentItem;
  readonly storied: DeploymentItem;
}

/** The routes that are asked, by what the tables call them; each answers the length of its answer. */
function asking(
  plane: ControlPlane,
  { large, small, crowded, changed, storied }: Asked,
): Record<string, () => Promise<number>> {
  const ask =
    (
      { account }: Organization,
      path: string,
      method = 'GET',
      request: () => object | undefined = () => undefined,
    ) =>
    async () => {
      const { status, body } = await plane.call(method, path, request(), account);
      if (status !== 200) throw new Error(`${method} ${path} answered ${status}`);
      return JSON.stringify(body).length;
    };
  const { path, workspace } = large.account;
  const one = `${path}/deployments/${large.sample.deploymentId}`;
  const history = (of: DeploymentItem, what: string, version = 'v1alpha1') => {
    const listed = `${path}/deployments/${of.deploymentId}/${what}?limit=20`;
    return ask(large, listed.replace('/v1/', `/${version}/`));
  };
  let written = 0;
  const next = (field: string) => () => ({ [field]: `written ${++written}` });
  return {
    'get one': ask(large, one),
    'list, limit=20': ask(large, `${path}/deployments?limit=20`),
    'list, limit=1000': ask(large, `${path}/deployments?limit=1000`),
    'list by name, limit=20': ask(large, `${path}/deployments?limit=20&sorts=name:asc`),
    [`list of an organization with ${FEW} beside it`]: ask(small, `${small.account.path}/deployments`),
    ...Object.fromEntries(
      [large.sample, storied].flatMap((of) => {
        const count = (of === storied ? LONG_HISTORY : SHORT_HISTORY).toLocaleString('en');
        return [
          [`operations of one, limit=20 of ${count}`, history(of, 'operations')],
          [`its timeline, limit=20 of ${count}`, history(of, 'timeline')],
          [`its revisions, limit=20 of ${count}`, history(of, 'revisions')],
          [`its deploys, limit=20 of ${count}`, history(of, 'deploys', 'v1')],
        ];
      }),
    ),
    'plan a change of one': ask(large, `${one}?dryRun=plan`, 'POST', () => ({ schedulerSize: 'MEDIUM' })),
    'change the description of another': ask(
      large,
      `${path}/deployments/${changed.deploymentId}`,
      'POST',
      next('description'),
    ),
    'get oneself': ask(large, '/v1/users/self'),
    'get the organization': ask(large, path),
    'list its workspaces': ask(large, `${path}/workspaces`),
    'list its users': ask(large, `${path}/users`),
    'list its tokens': ask(large, `${path}/tokens`),
    ...Object.fromEntries(
      ['users', 'teams', 'tokens'].map((what) => [
        `${what} of an organization with ${CROWD}, limit=20`,
        ask(crowded, `${crowded.account.path}/${what}?limit=20`),
      ]),
    ),
    'change a workspace': ask(large, `${path}/workspaces/${workspace.id}`, 'POST', () => ({
      ...next('name')(),
      description: '',
      cicdEnforcedDefault: false,
    })),
  };
}

async function costOfRoute(ask: () => Promise<number>): Promise<Cost> {
  await ask();
  let length = 0;
  const operations = await dynamodbOperationsOf(async () => {
    length = await ask();
  });
  const times: number[] = [];
  const elapsed = stopwatch();
  while (times.length < LEAST || (times.length < MOST && elapsed() < SECONDS)) {
    const asked = performance.now();
    await ask();
    times.push(performance.now() - asked);
  }
  const time = `${median(times).toFixed(1)} / ${quantile(times, 0.99).toFixed(1)}`;
  return { operations: counts(operations), time, extra: (length / 1000).toFixed(1) };
}

function shares(records: readonly DeploymentItem[]): Record<string, readonly DeploymentItem[]> {
  return {
    'none due': [],
    '1 % due': records.slice(0, Math.ceil(records.length / 100)),
    'all due': records,
  };
}

async function costOfTick(plane: ControlPlane, due: readonly DeploymentItem[]): Promise<Cost> {
  await makeDue(plane.services, due, plane.now());
  const before = await countDue(plane);
  let seconds = 0;
  const operations = await dynamodbOperationsOf(async () => {
    const elapsed = stopwatch();
    await plane.tick();
    seconds = elapsed();
  });
  const advanced = before - (await countDue(plane));
  // What the run has left for the next ones is put to rest here.
  await writeRecords(plane.services, due);
  return { operations: counts(operations), time: seconds.toFixed(3), extra: String(advanced) };
}

async function countDue(plane: ControlPlane): Promise<number> {
  let found = 0;
  for (const shard of DUE_SHARDS) {
    for await (const _ of findDue(plane.services, shard, plane.now())) found += 1;
  }
  return found;
}

function note<V>(map: Map<string, V[]>, key: string, value: V): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
