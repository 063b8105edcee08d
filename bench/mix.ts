import { z } from 'zod';
import type { Client, Tenant } from '../test/support/client.ts';
import type { Deployment } from '../test/support/deployment.ts';
import { leaveTrialPlan, tenantWithTrial } from './support/deployment.ts';
import { type Answered, figures, load, type Request } from './support/load.ts';
import { withPlatform } from './support/platform.ts';
import { printTable } from './support/table.ts';

const CLIENTS = 50;
const SECONDS = 30;

/** One of the 50: its own token, and a workspace that only it changes. */
interface Person {
  readonly token: string;
  readonly workspaceId: string;
  readonly name: string;
}

interface Mixed extends Request {
  readonly kind: string;
  /** A description that is nobody else's, by which a write is found again. */
  readonly written?: string;
}

/**
 * 50 clients, each with a token of its own, read four times for each write, `rounds` times 30 s; afterwards every
 * write that was acknowledged must be there.
 */
export async function mix(rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    const { tenant, trial } = await tenantWithTrial(platform);
    await leaveTrialPlan(platform, tenant);
    const people = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => person(tenant, index)));
    const next = mixOf(tenant, trial, people);
    const tokens = people.map(({ token }) => token);
    const mixed = await load(platform.url, tokens, { seconds: rounds * SECONDS, next });
    const byKind = Map.groupBy(mixed.answers, ({ request }) => request.kind);
    printTable(
      `${CLIENTS} clients, reads and writes mixed, ${rounds * SECONDS} s`,
      ['', 'requests/s', 'p50 ms', 'p99 ms', 'answers by status'],
      [
        ...[...byKind].map(([kind, answers]) => [kind, ...figures({ ...mixed, answers })]),
        ['all', ...figures(mixed)],
      ],
    );
    const acknowledged = mixed.answers.filter(({ request, status }) => request.written && status === 200);
    printTable(
      'Writes that were acknowledged, and are not there afterwards',
      ['', 'acknowledged', 'lost'],
      [
        ['deploys', ...(await lostDeploys(tenant, trial, acknowledged))],
        ['workspaces changed', ...(await lostChanges(tenant, people, acknowledged))],
      ],
    );
  });
}

async function person({ client, organizationId }: Tenant, index: number): Promise<Person> {
  const root = `/v1/organizations/${organizationId}`;
  const name = `Client ${index}`;
  const made = async <T>(path: string, body: object, schema: z.ZodType<T>): Promise<T> => {
    const answer = await client.post(`${root}/${path}`, body);
    if (answer.status !== 200) throw new Error(`POST ${path} answered ${JSON.stringify(answer)}`);
    return schema.parse(answer.body);
  };
  const owner = { name, scope: 'ORGANIZATION', role: 'ORGANIZATION_OWNER' };
  const { token } = await made('tokens', owner, z.object({ token: z.string() }));
  const { id: workspaceId } = await made('workspaces', { name }, z.object({ id: z.string() }));
  return { token, workspaceId, name };
}

/** What each client asks next: eight reads and two writes, in turn, each client beginning elsewhere. */
function mixOf({ organizationId }: Tenant, { id }: Deployment, people: readonly Person[]) {
  const root = `/v1/organizations/${organizationId}`;
  const deployment = `${root}/deployments/${id}`;
  const get = (kind: string, path: string): Mixed => ({ kind, method: 'GET', path });
  let writes = 0;
  const turns: ((person: Person) => Mixed)[] = [
    () => get('get a deployment', deployment),
    () => get('list deployments', `${root}/deployments`),
    () => get('get a deployment', deployment),
    ({ workspaceId }) => get('get a workspace', `${root}/workspaces/${workspaceId}`),
    ({ workspaceId, name }) => {
      const written = `change ${++writes}`;
      const body = { name, description: written, cicdEnforcedDefault: false };
      const path = `${root}/workspaces/${workspaceId}`;
      return { kind: 'change a workspace', method: 'POST', path, body, written };
    },
    () => get('get a deployment', deployment),
    () => get('list deployments', `${root}/deployments`),
    () => get('get a deployment', deployment),
    () => get('list operations', `${deployment.replace('/v1/', '/v1alpha1/')}/operations`),
    () => {
      const written = `deploy ${++writes}`;
      const body = { type: 'DAG_ONLY', description: written };
      return { kind: 'create a deploy', method: 'POST', path: `${deployment}/deploys`, body, written };
    },
  ];
  const turn = people.map((_, index) => index);
  return (client: number): Mixed => {
    const person = people[client];
    const now = turn[client] ?? 0;
    turn[client] = now + 1;
    const request = turns[now % turns.length];
    if (person === undefined || request === undefined) throw new Error(`There is no client ${client}`);
    return request(person);
  };
}

/** How many deploys were acknowledged, and how many of them are not listed. */
async function lostDeploys(
  { client, organizationId }: Tenant,
  { id }: Deployment,
  acknowledged: readonly Answered<Mixed>[],
): Promise<[number, number]> {
  const there = await descriptions(client, `/v1/organizations/${organizationId}/deployments/${id}/deploys`);
  const deploys = acknowledged.filter(({ request }) => request.kind === 'create a deploy');
  const lost = deploys.filter(({ request }) => !there.has(request.written ?? ''));
  return [deploys.length, lost.length];
}

/** How many changes of workspaces were acknowledged, and how many workspaces do not show their last one. */
async function lostChanges(
  { client, organizationId }: Tenant,
  people: readonly Person[],
  acknowledged: readonly Answered<Mixed>[],
): Promise<[number, number]> {
  const there = await descriptions(client, `/v1/organizations/${organizationId}/workspaces`);
  const changes = acknowledged.filter(({ request }) => request.kind === 'change a workspace');
  const lost = people.filter(({ workspaceId }) => {
    const last = changes.findLast(({ request }) => request.path.endsWith(workspaceId));
    return last !== undefined && !there.has(last.request.written ?? '');
  });
  return [changes.length, lost.length];
}

const Page = z.looseObject({ totalCount: z.int() });
const Described = z.array(z.object({ description: z.string().optional() }));

/** The descriptions of all that a list has. */
async function descriptions(client: Client, path: string): Promise<Set<string>> {
  const found = new Set<string>();
  const noun = path.split('/').at(-1) ?? '';
  for (let offset = 0; ; offset += 1000) {
    const { body } = await client.get(`${path}?limit=1000&offset=${offset}`);
    const page = Page.parse(body);
    for (const { description = '' } of Described.parse(page[noun])) found.add(description);
    if (offset + 1000 >= page.totalCount) return found;
  }
}
