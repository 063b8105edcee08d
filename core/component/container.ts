import type { ContainerDefinition, KeyValuePair } from '@aws-sdk/client-ecs';
import type { AirflowComponent } from './airflow.ts';
import { componentEnvironment, componentSecrets } from './environment.ts';
import { logGroup } from './names.ts';
import type { Setting } from './setting.ts';

/** What of a component's container is its own. */
interface Own {
  /** MiB; over it the container is stopped. */
  readonly memory: number;
  readonly environment?: readonly KeyValuePair[];
  readonly port?: { readonly name: string; readonly containerPort: number };
  /** Seconds a stop waits for it, at most Fargate's 120. */
  readonly stopTimeout: number;
}

/**
 * The container of a component of Airflow. A check costs a Python start of 0.1 s, hence the interval; a component
 * that ends later than a minute after its start is started again in place, an earlier end ends its task. So does the
 * exit code 0 of a worker, which has drained; a triggerer's is that of one that lost its process of triggers.
 */
export function airflowContainer(
  setting: Setting,
  component: AirflowComponent,
  { memory, environment = [], port, stopTimeout }: Own,
): ContainerDefinition {
  return {
    ...base(setting, component),
    memory,
    command: ['windsock-airflow', component],
    environment: [...componentEnvironment(setting), ...environment],
    secrets: componentSecrets(setting),
    ...(port === undefined ? {} : { portMappings: [{ ...port, protocol: 'tcp', appProtocol: 'http' }] }),
    healthCheck: {
      command: ['CMD', 'windsock-airflow', 'health', component],
      interval: 15,
      timeout: 10,
      retries: 3,
      startPeriod: 120,
    },
    restartPolicy: {
      enabled: true,
      ignoredExitCodes: component === 'worker' ? [0] : [],
      restartAttemptPeriod: 60,
    },
    stopTimeout,
  };
}

/** What every container has, of Airflow or not: its image, and where its output goes, by the container's name. */
export function base({ cell, deployment, spec }: Setting, name: string): ContainerDefinition {
  return {
    name,
    image: `${cell.images.repository}:${spec.runtimeVersion}`,
    essential: true,
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': logGroup(cell.logGroupPrefix, deployment.deploymentId),
        'awslogs-region': cell.region,
        'awslogs-stream-prefix': name,
      },
    },
  };
}
