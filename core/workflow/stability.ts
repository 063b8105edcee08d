import type { Service, Task } from '@aws-sdk/client-ecs';
import { isFailed } from './ecs-services.ts';

/** Whether a deployment's services run as they should. */
export type Stability =
  | { readonly status: 'stable' }
  /** `unready` are the services that do not run yet as they should. */
  | { readonly status: 'waiting'; readonly unready: readonly string[] }
  | { readonly status: 'failed'; readonly service: string; readonly reason: string };

/**
 * Classifies what ECS says of the services of these names and of their running tasks: stable when each has as many
 * healthy tasks of its newest task definition as it wants and none of an older one, failed as soon as a rollout is.
 */
export function classify(
  names: readonly string[],
  services: readonly Service[],
  tasks: readonly Task[],
): Stability {
  for (const { serviceName, deployments = [] } of services) {
    const failed = deployments.find(isFailed);
    if (failed !== undefined && serviceName !== undefined) {
      return {
        status: 'failed',
        service: serviceName,
        reason: failed.rolloutStateReason ?? 'its tasks do not stay up',
      };
    }
  }
  const waited = unready(names, services, tasks);
  return waited.length === 0 ? { status: 'stable' } : { status: 'waiting', unready: waited };
}

/** Which of the services of these names do not have all the healthy tasks that they want, and no others. */
export function unready(
  names: readonly string[],
  services: readonly Service[],
  tasks: readonly Task[],
): string[] {
  return names.filter((name) => !isReady(name, services, tasks));
}

/** Whether ECS says that the newest roll-out of the service of this name is completed. */
export function isRolledOut(name: string, services: readonly Service[]): boolean {
  const { deployments = [] } = services.find(({ serviceName }) => serviceName === name) ?? {};
  return deployments.some(({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'COMPLETED');
}

/** Whether the service of this name runs more tasks than it wants; those that stop count as long as they run. */
export function hasSurplus(name: string, services: readonly Service[]): boolean {
  const { runningCount = 0, desiredCount = 0 } =
    services.find(({ serviceName }) => serviceName === name) ?? {};
  return runningCount > desiredCount;
}

function isReady(name: string, services: readonly Service[], tasks: readonly Task[]): boolean {
  const service = services.find(({ serviceName }) => serviceName === name);
  const primary = service?.deployments?.find(({ status }) => status === 'PRIMARY');
  if (service === undefined || primary === undefined) return false;
  const running = tasks.filter(
    ({ group, lastStatus }) => group === `service:${name}` && lastStatus === 'RUNNING',
  );
  const healthy = running.filter(
    ({ taskDefinitionArn, healthStatus }) =>
      taskDefinitionArn === primary.taskDefinition && healthStatus === 'HEALTHY',
  );
  return healthy.length >= (service.desiredCount ?? 1) && healthy.length === running.length;
}
