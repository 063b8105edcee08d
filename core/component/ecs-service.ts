import type { CreateServiceCommandInput, NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { Cell } from '../cell/schema.ts';
import type { Spec } from '../revision/schema.ts';
import { resourceName } from './names.ts';
import { type Component, workerCount } from './service.ts';
import { API_PORT, API_PORT_NAME } from './task-definition.ts';

/**
 * The ECS service of a component. The circuit breaker ends a roll-out that may be given up when its tasks die, and
 * does not roll back: what runs instead is the operation's to decide.
 */
export function ecsService(
  cell: Cell,
  deployment: { readonly deploymentId: string; readonly namespace: string },
  component: Component,
  spec: Spec,
  { taskDefinition, mayGiveUp }: { readonly taskDefinition: string; readonly mayGiveUp: boolean },
): CreateServiceCommandInput {
  return {
    cluster: cell.cluster,
    serviceName: resourceName(deployment.deploymentId, component.name),
    taskDefinition,
    desiredCount: taskCount(component, spec),
    launchType: 'FARGATE',
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: mayGiveUp, rollback: false },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    },
    ...networkConfiguration(cell),
    serviceConnectConfiguration: {
      enabled: true,
      ...(component.kind === 'api'
        ? {
            services: [
              {
                portName: API_PORT_NAME,
                clientAliases: [{ port: API_PORT, dnsName: deployment.namespace }],
              },
            ],
          }
        : {}),
    },
  };
}

/** The network of a cell's tasks on Fargate; nothing where the cell has none. */
export function networkConfiguration({ network }: Cell): { networkConfiguration?: NetworkConfiguration } {
  if (network === undefined) return {};
  return {
    networkConfiguration: { awsvpcConfiguration: { ...network, assignPublicIp: 'DISABLED' } },
  };
}

/** How many tasks a service has. */
export function taskCount(component: Component, spec: Spec): number {
  if (component.kind === 'worker') return workerCount(component.queue);
  return spec.isHighAvailability ? 2 : 1;
}
