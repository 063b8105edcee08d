import { readIfThere, writeWhole } from '../files.ts';
import { isReady } from './decide.ts';
import type { Service, Task, TaskDefinition } from './documents.ts';

/** Service Connect's discovery names and the addresses of the healthy tasks behind each. */
export type Routes = Readonly<Record<string, readonly string[]>>;

/**
 * The routes of all services, from the tasks of theirs that are ready. A service that wants no task and has none
 * that is ready has no route.
 */
export function routesOf(
  services: readonly Service[],
  tasks: readonly Task[],
  definitionOf: (arn: string) => TaskDefinition,
  now: number,
): Routes {
  const routes: Record<string, string[]> = {};
  for (const service of services) {
    const ready = tasks.filter(
      (task) =>
        task.group === `service:${service.serviceName}` &&
        task.cluster === service.cluster &&
        isReady(task, now),
    );
    for (const { portName, clientAliases } of connected(service)) {
      const addresses = ready.flatMap((task) =>
        addressOf(task, definitionOf(task.taskDefinitionArn), portName),
      );
      for (const { dnsName } of clientAliases) {
        if (dnsName === undefined || (service.desiredCount === 0 && addresses.length === 0)) continue;
        routes[dnsName] = [...(routes[dnsName] ?? []), ...addresses].sort();
      }
    }
  }
  return routes;
}

/** Whether other containers reach this service by Service Connect. */
export function isConnected(service: Service): boolean {
  return connected(service).length > 0;
}

/** Writes the routes file when it says anything else; whole, for the forwarder reads it at any time. */
export function publishRoutes(path: string, routes: Routes): void {
  const text = `${JSON.stringify(routes, null, 2)}\n`;
  if (readIfThere(path) !== text) writeWhole(path, text);
}

function connected({ status, serviceConnectConfiguration: connect }: Service) {
  return connect?.enabled === true && status === 'ACTIVE' ? connect.services : [];
}

function addressOf(task: Task, definition: TaskDefinition, portName: string): string[] {
  const mapping = definition.containerDefinitions
    .flatMap(({ portMappings }) => portMappings)
    .find(({ name }) => name === portName);
  const hostPort = mapping && task.ports?.[mapping.containerPort];
  return hostPort === undefined ? [] : [`127.0.0.1:${hostPort}`];
}
