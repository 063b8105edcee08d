import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../../endpoint/service.ts';
import { atomically } from '../../endpoint/state.ts';
import {
  type Deployment,
  deploymentConfiguration,
  type Service,
  serviceConnect,
  type TaskDefinition,
} from '../documents.ts';
import { viewService } from '../view.ts';
import {
  clusterName,
  demandActiveTaskDefinition,
  demandCluster,
  demandService,
  lastPart,
  page,
  paging,
  parse,
  serviceArnOf,
} from './input.ts';
import type { ActionsOptions } from './options.ts';

const creating = z.looseObject({
  cluster: clusterName,
  serviceName: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be 1 to 255 letters, digits, _ or -'),
  taskDefinition: z.string(),
  desiredCount: z.int().min(0).max(5000).default(1),
  deploymentConfiguration: deploymentConfiguration.prefault({}),
  serviceConnectConfiguration: serviceConnect.optional(),
});
const updating = z.looseObject({
  cluster: clusterName,
  service: z.string(),
  taskDefinition: z.string().optional(),
  desiredCount: z.int().min(0).max(5000).optional(),
  deploymentConfiguration: deploymentConfiguration.optional(),
  serviceConnectConfiguration: serviceConnect.optional(),
  forceNewDeployment: z.boolean().default(false),
});
const deleting = z.object({ cluster: clusterName, service: z.string(), force: z.boolean().default(false) });
const describing = z.object({ cluster: clusterName, services: z.array(z.string()).min(1).max(10) });
const listing = z.object({ cluster: clusterName, ...paging });

/** The actions on services. What they ask for is carried out by the scheduler. */
export function serviceActions({ store, now, wake }: ActionsOptions) {
  const view = (service: Service) => viewService(service, store.liveTasks());
  return {
    CreateService(input: unknown) {
      const given = parse(creating, input);
      demandCluster(store, given.cluster);
      const definition = demandActiveTaskDefinition(store, given.taskDefinition);
      demandPortNames(given.serviceConnectConfiguration, definition);
      const service = atomically(store.database, (): Service => {
        const old = store.service(given.cluster, given.serviceName);
        if (old?.status === 'ACTIVE') {
          throw new ServiceError('InvalidParameterException', 'Creation of service was not idempotent.');
        }
        if (old?.status === 'DRAINING') {
          throw new ServiceError(
            'InvalidParameterException',
            'Unable to Start a service that is still Draining.',
          );
        }
        const created: Service = {
          ...given,
          serviceArn: serviceArnOf(given.cluster, given.serviceName),
          status: 'ACTIVE',
          taskDefinition: definition.taskDefinitionArn,
          deployments: [newDeployment(definition, now())],
          events: [],
          createdAt: now(),
          steady: false,
        };
        store.putService(created);
        return created;
      });
      wake();
      return { service: view(service) };
    },
    UpdateService(input: unknown) {
      const { cluster, service: name, forceNewDeployment, ...given } = parse(updating, input);
      const service = atomically(store.database, (): Service => {
        const old = demandService(store, cluster, name);
        if (old.status !== 'ACTIVE') {
          throw new ServiceError('ServiceNotActiveException', 'Service was not ACTIVE.');
        }
        const definition = demandActiveTaskDefinition(store, given.taskDefinition ?? old.taskDefinition);
        const connect = given.serviceConnectConfiguration ?? old.serviceConnectConfiguration;
        demandPortNames(connect, definition);
        const changed =
          forceNewDeployment ||
          definition.taskDefinitionArn !== old.taskDefinition ||
          JSON.stringify(connect) !== JSON.stringify(old.serviceConnectConfiguration);
        const updated: Service = {
          ...old,
          desiredCount: given.desiredCount ?? old.desiredCount,
          deploymentConfiguration: given.deploymentConfiguration ?? old.deploymentConfiguration,
          serviceConnectConfiguration: connect,
          taskDefinition: definition.taskDefinitionArn,
          deployments: changed ? withNewDeployment(old, definition, now()) : old.deployments,
          steady: false,
        };
        store.putService(updated);
        return updated;
      });
      wake();
      return { service: view(service) };
    },
    DeleteService(input: unknown) {
      const { cluster, service: name, force } = parse(deleting, input);
      const service = atomically(store.database, (): Service => {
        const old = demandService(store, cluster, name);
        if (!force && old.desiredCount > 0) {
          const message = 'The service cannot be stopped while it is scaled above 0.';
          throw new ServiceError('InvalidParameterException', message);
        }
        const draining: Service = { ...old, status: 'DRAINING', desiredCount: 0, steady: false };
        store.putService(draining);
        return draining;
      });
      wake();
      return { service: view(service) };
    },
    DescribeServices(input: unknown) {
      const { cluster, services } = parse(describing, input);
      demandCluster(store, cluster);
      const asked = services.map((name) => ({ name, service: store.service(cluster, lastPart(name)) }));
      return {
        services: asked.flatMap(({ service }) => (service === undefined ? [] : [view(service)])),
        failures: asked
          .filter(({ service }) => service === undefined)
          .map(({ name }) => ({ arn: serviceArnOf(cluster, name), reason: 'MISSING' })),
      };
    },
    ListServices(input: unknown) {
      const { cluster, ...paged } = parse(listing, input);
      demandCluster(store, cluster);
      const arns = store
        .services()
        .filter((service) => service.cluster === cluster && service.status !== 'INACTIVE')
        .map(({ serviceArn }) => serviceArn);
      const { items, nextToken } = page(arns, { maxResults: 10, ...paged });
      return { serviceArns: items, nextToken };
    },
  };
}

function newDeployment(definition: TaskDefinition, now: number): Deployment {
  const id = `ecs-svc/${randomInt(1e12, 1e14)}`;
  return {
    id,
    status: 'PRIMARY',
    taskDefinition: definition.taskDefinitionArn,
    createdAt: now,
    updatedAt: now,
    failedTasks: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
  };
}

function withNewDeployment({ deployments }: Service, definition: TaskDefinition, now: number): Deployment[] {
  const older = deployments.map((deployment): Deployment => ({ ...deployment, status: 'ACTIVE' }));
  return [newDeployment(definition, now), ...older];
}

function demandPortNames(connect: Service['serviceConnectConfiguration'], definition: TaskDefinition): void {
  const names = definition.containerDefinitions.flatMap(({ portMappings }) =>
    portMappings.map(({ name }) => name),
  );
  const stranger = connect?.services.find(({ portName }) => !names.includes(portName));
  if (stranger === undefined) return;
  const message = `The portName(s) [${stranger.portName}] do not exist in the task definition ${definition.taskDefinitionArn}.`;
  throw new ServiceError('InvalidParameterException', message);
}
