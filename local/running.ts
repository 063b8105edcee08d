import { join } from 'node:path';
import { z } from 'zod';
import { readRoutes } from './forwarder/routes.ts';
import type { Home } from './home.ts';
import { names } from './names.ts';
import type { Ports } from './ports.ts';
import { ask } from './resources.ts';

/** A deployment that is to run, as its operator knows it. */
export interface RunningDeployment {
  readonly name: string;
  readonly namespace: string;
  /** Whether its Airflow answers already: an earlier runner may have left it running. */
  readonly answers: boolean;
}

/** Which deployments are told of; of the others, how many there are. */
const MOST_TOLD = 10;

const Text = z.object({ S: z.string() });
const Owner = z.object({ namespace: Text, organizationId: Text, deploymentId: Text });
const Named = z.object({ namespace: Text, name: Text });

/**
 * The deployments that are to run, of all organizations: the first ten by their namespaces, and how many others there are.
 * Their routes say which; what they are called is looked up by their keys, for a scan takes long in a large table.
 */
export async function runningDeployments(
  home: Home,
  ports: Ports,
): Promise<{ told: RunningDeployment[]; others: number }> {
  const routes = readRoutes(join(home.state, 'routes.json'));
  const namespaces = Object.keys(routes).sort();
  const owners = await items(
    ports,
    Owner,
    namespaces.slice(0, MOST_TOLD).map((namespace) => ({ pk: `namespace#${namespace}`, sk: 'namespace' })),
  );
  const deployments = await items(
    ports,
    Named,
    owners.map(({ organizationId, deploymentId }) => ({
      pk: `org#${organizationId.S}`,
      sk: `deployment#${deploymentId.S}`,
    })),
  );
  const told = deployments.map(({ name, namespace }) => ({
    name: name.S,
    namespace: namespace.S,
    answers: (routes[namespace.S] ?? []).length > 0,
  }));
  const others = Math.max(0, namespaces.length - MOST_TOLD);
  return { told: told.toSorted((a, b) => a.name.localeCompare(b.name)), others };
}

/** What is said of them: where each is, and whether it answers yet. Names are one line without control characters. */
export function linesOf(
  { told, others }: { told: readonly RunningDeployment[]; others: number },
  origin: string,
): string[] {
  const width = Math.max(...told.map(({ name }) => name.length));
  const list = (title: string, isMeant: (deployment: RunningDeployment) => boolean) => {
    const meant = told
      .filter(isMeant)
      .map(({ name, namespace }) => `  ${name.padEnd(width)}  ${origin}/${namespace}`);
    return meant.length === 0 ? [] : [title, ...meant];
  };
  return [
    ...list('Running:', ({ answers }) => answers),
    ...list('Starting again; Airflow answers in about half a minute:', ({ answers }) => !answers),
    ...(others > 0 ? [`  and ${others} more`] : []),
  ];
}

async function items<T>(
  ports: Ports,
  schema: z.ZodType<T>,
  keys: readonly { readonly pk: string; readonly sk: string }[],
): Promise<T[]> {
  if (keys.length === 0) return [];
  const Keys = keys.map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
  const answer = await ask(ports, 'DynamoDB_20120810.BatchGetItem', {
    RequestItems: { [names.table]: { Keys, ConsistentRead: true } },
  });
  const Found = z.object({ Responses: z.record(z.string(), z.array(schema)) });
  return Found.parse(answer).Responses[names.table] ?? [];
}
