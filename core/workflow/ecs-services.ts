import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  type Deployment,
  DescribeServicesCommand,
  type Service,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { Services } from '../services.ts';

/** ECS describes at most so many services in one call. */
const MOST_DESCRIBED = 10;

/** The services of these names that ECS knows and that are not deleted. */
export async function describeServices(services: Services, names: readonly string[]): Promise<Service[]> {
  const { cluster } = services.environment.CELL;
  const found: Service[] = [];
  for (let start = 0; start < names.length; start += MOST_DESCRIBED) {
    const answer = await services.ecs.send(
      new DescribeServicesCommand({ cluster, services: names.slice(start, start + MOST_DESCRIBED) }),
    );
    found.push(...(answer.services ?? []));
  }
  return found.filter(({ status }) => status !== 'INACTIVE');
}

/** A service as it is wanted. */
export interface WantedService {
  readonly service: CreateServiceCommandInput;
  /** Whether ECS may replace its tasks by those of another task definition; else it keeps the one that it has. */
  readonly isReplaceable: boolean;
}

/**
 * Makes the services be as wanted: missing ones are created, those with another task definition or count updated. Of
 * one whose roll-out has failed ECS starts no more tasks, whatever the reason was: it is rolled out anew.
 */
export async function ensureServices(services: Services, wanted: readonly WantedService[]): Promise<void> {
  const present = await describeServices(
    services,
    wanted.map(({ service: { serviceName = '' } }) => serviceName),
  );
  await Promise.all(
    wanted.map(async ({ service, isReplaceable }) => {
      const { cluster, serviceName, desiredCount, deploymentConfiguration } = service;
      const found = present.find((candidate) => candidate.serviceName === serviceName);
      if (found === undefined) {
        await services.ecs.send(new CreateServiceCommand(service));
      } else if (found.status === 'DRAINING') {
        throw new Error(`Service ${serviceName} is still being deleted`);
      } else {
        const taskDefinition = isReplaceable ? service.taskDefinition : found.taskDefinition;
        const hasFailed = found.deployments?.some(isFailed) ?? false;
        const isSame = found.taskDefinition === taskDefinition && found.desiredCount === desiredCount;
        if (isSame && !hasFailed) return;
        await services.ecs.send(
          new UpdateServiceCommand({
            cluster,
            service: serviceName,
            taskDefinition,
            desiredCount,
            deploymentConfiguration,
            ...(hasFailed ? { forceNewDeployment: true } : {}),
          }),
        );
      }
    }),
  );
}

/** Whether this is a service's newest roll-out, and has failed. */
export function isFailed({ status, rolloutState }: Deployment): boolean {
  return status === 'PRIMARY' && rolloutState === 'FAILED';
}

/** Deletes the services of these names, and has their tasks stopped. Safe to repeat. */
export async function deleteServices(services: Services, names: readonly string[]): Promise<void> {
  const { cluster } = services.environment.CELL;
  const present = await describeServices(services, names);
  await Promise.all(
    present
      .filter(({ status }) => status === 'ACTIVE')
      .map(({ serviceName }) =>
        services.ecs.send(new DeleteServiceCommand({ cluster, service: serviceName, force: true })),
      ),
  );
}
