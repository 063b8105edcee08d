import { type Service, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { resourceName } from '../component/names.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { describeServices, isFailed } from './ecs-services.ts';
import { tasksOf } from './ecs-tasks.ts';
import { wantedToEmpty } from './leaving.ts';
import { emptyingComponents } from './pointer.ts';

/**
 * Has the services of workers that go start none any more: ECS stops no worker that is protected. Only one that empties
 * a queue gets another worker for one that was lost. Returns those that have workers, or are to have one. Safe to repeat.
 */
export async function scaleDraining(
  { now }: Scope,
  services: Services,
  ids: DeploymentIds,
  draining: readonly string[],
): Promise<string[]> {
  if (draining.length === 0) return [];
  const nameOf = (component: string) => resourceName(ids.deploymentId, component);
  const described = await describeServices(services, draining.map(nameOf));
  const emptying = await emptyingComponents(services, ids, now);
  const left = draining.map(async (component) => {
    const service = described.find(({ serviceName }) => serviceName === nameOf(component));
    if (service === undefined) return [];
    const wanted =
      service.status === 'ACTIVE' && emptying.has(component) ? await wantedOf(services, service) : 0;
    await scale(services, service, wanted);
    const { runningCount = 0, pendingCount = 0 } = service;
    return wanted + runningCount + pendingCount > 0 ? [component] : [];
  });
  return (await Promise.all(left)).flat();
}

async function wantedOf(services: Services, service: Service): Promise<number> {
  const { serviceName = '' } = service;
  return wantedToEmpty(service, await tasksOf(services, [serviceName], 'RUNNING', 'STOPPED'));
}

/** Of a service whose roll-out has failed ECS starts no more tasks: one that is to have any is rolled out anew. */
async function scale(services: Services, service: Service, desiredCount: number): Promise<void> {
  if (service.status !== 'ACTIVE') return;
  const forceNewDeployment = desiredCount > 0 && (service.deployments?.some(isFailed) ?? false);
  if (service.desiredCount === desiredCount && !forceNewDeployment) return;
  await services.ecs.send(
    new UpdateServiceCommand({
      cluster: services.environment.CELL.cluster,
      service: service.serviceName,
      desiredCount,
      forceNewDeployment,
    }),
  );
}
