import { z } from 'zod';
import { parseInput } from '../../endpoint/json.ts';
import { arn, ServiceError } from '../../endpoint/service.ts';
import type { Service, TaskDefinition } from '../documents.ts';
import type { Store } from '../store.ts';

/** Reads an action's input; a wrong one is InvalidParameterException that names the field. */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  return parseInput(schema, input, 'InvalidParameterException');
}

/** The cluster that a request names, by name or ARN; without one `default`. */
export const clusterName = z
  .string()
  .transform((name) => name.slice(name.lastIndexOf('/') + 1))
  .default('default');

export const paging = { maxResults: z.int().min(1).max(100).optional(), nextToken: z.string().optional() };

/** One page of what is listed; the token is the last item that was shown. */
export function page(
  items: readonly string[],
  { maxResults = 100, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
): { items: string[]; nextToken: string | undefined } {
  const begin = nextToken === undefined ? 0 : items.indexOf(nextToken) + 1;
  const shown = items.slice(begin, begin + maxResults);
  return { items: shown, nextToken: begin + maxResults < items.length ? shown.at(-1) : undefined };
}

/** A cluster that was created; throws ClusterNotFoundException. */
export function demandCluster(store: Store, name: string): string {
  if (store.clusters().includes(name)) return name;
  throw new ServiceError('ClusterNotFoundException', 'Cluster not found.');
}

/** A service that has not ended; throws ServiceNotFoundException. */
export function demandService(store: Store, cluster: string, nameOrArn: string): Service {
  const service = store.service(demandCluster(store, cluster), lastPart(nameOrArn));
  if (service === undefined || service.status === 'INACTIVE') {
    throw new ServiceError('ServiceNotFoundException', 'Service not found.');
  }
  return service;
}

/** A task definition by `family`, `family:revision` or ARN; throws ClientException when there is none. */
export function demandTaskDefinition(store: Store, reference: string): TaskDefinition {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  const found = name.includes(':')
    ? store.taskDefinition(taskDefinitionArn(name))
    : store.latestTaskDefinition(name);
  if (found === undefined) throw new ServiceError('ClientException', 'Unable to describe task definition.');
  return found;
}

/** The same, and it can be run: throws ClientException when it was deregistered. */
export function demandActiveTaskDefinition(store: Store, reference: string): TaskDefinition {
  const found = demandTaskDefinition(store, reference);
  if (found.status !== 'ACTIVE') throw new ServiceError('ClientException', 'TaskDefinition is inactive');
  return found;
}

export function taskDefinitionArn(nameAndRevision: string): string {
  return arn('ecs', `task-definition/${nameAndRevision}`);
}

/** The ARN of a task that was named by its ARN or id. */
export function taskArnOf(cluster: string, reference: string): string {
  return arn('ecs', `task/${cluster}/${lastPart(reference)}`);
}

export function serviceArnOf(cluster: string, reference: string): string {
  return arn('ecs', `service/${cluster}/${lastPart(reference)}`);
}

export function lastPart(arnOrName: string): string {
  return arnOrName.slice(arnOrName.lastIndexOf('/') + 1);
}
