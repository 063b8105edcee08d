import type { KeyValuePair, Secret } from '@aws-sdk/client-ecs';
import { type Cell, urlOf } from '../cell/schema.ts';
import { schedulerSizing } from '../deployment/sizes.ts';
import { brokerUser, databaseName, resultRole, storagePrefix } from './names.ts';
import type { Setting } from './setting.ts';

/** What every component of Airflow is told, beside what is its own. */
export function componentEnvironment({ cell, deployment, spec }: Setting): KeyValuePair[] {
  const { organizationId, deploymentId, namespace } = deployment;
  return pairs({
    WINDSOCK_DEPLOYMENT_ID: deploymentId,
    WINDSOCK_NAMESPACE: namespace,
    ...databaseAddress(cell, deploymentId),
    WINDSOCK_API_URL: urlOf(cell.apiUrl, namespace),
    WINDSOCK_PUBLIC_URL: urlOf(cell.publicUrl, namespace),
    WINDSOCK_STORAGE_URI: `s3://${cell.bucket}/${storagePrefix(organizationId, deploymentId)}`,
    WINDSOCK_FRONT_DOOR_KEYS: JSON.stringify(cell.frontDoorKeys),
    WINDSOCK_EXECUTOR: spec.executor,
    ...(spec.executor === 'CELERY' ? celeryAddresses(cell, deploymentId) : {}),
  });
}

/** What the scheduler's size means to Airflow. Workers do not depend on it: it changes without them. */
export function sizeEnvironment({ spec }: Setting): KeyValuePair[] {
  return pairs({ WINDSOCK_SETTINGS: JSON.stringify(schedulerSizing(spec.schedulerSize).settings) });
}

/** The secrets of every component of Airflow, as ECS reads them when it starts the container. */
export function componentSecrets({ platformSecretArn, variablesSecretArn, spec }: Setting): Secret[] {
  return [
    { name: 'WINDSOCK_DATABASE_PASSWORD', valueFrom: `${platformSecretArn}:databasePassword::` },
    { name: 'WINDSOCK_FERNET_KEY', valueFrom: `${platformSecretArn}:fernetKey::` },
    { name: 'WINDSOCK_JWT_SECRET', valueFrom: `${platformSecretArn}:jwtSecret::` },
    { name: 'WINDSOCK_API_SECRET_KEY', valueFrom: `${platformSecretArn}:apiSecretKey::` },
    ...(spec.executor === 'CELERY' ? celerySecrets(platformSecretArn) : []),
    ...(variablesSecretArn === undefined
      ? []
      : [{ name: 'WINDSOCK_VARIABLES', valueFrom: variablesSecretArn }]),
  ];
}

/** What a one-off task does with a deployment's database, and with its user at the broker. */
export type DatabaseAction = 'create' | 'drop';

/** What the one-off tasks are told that create and drop the database and the broker's user. */
export function databaseEnvironment({ cell, deployment, spec }: Setting): KeyValuePair[] {
  return pairs({
    WINDSOCK_DEPLOYMENT_ID: deployment.deploymentId,
    ...databaseAddress(cell, deployment.deploymentId),
    ...celeryAddresses(cell, deployment.deploymentId),
    WINDSOCK_CELL_DATABASE_USER: cell.database.user,
    WINDSOCK_RUNTIME_VERSION: spec.runtimeVersion,
  });
}

/**
 * Their secrets: the cell's own passwords, and those that the deployment's users get. All of these are made with the
 * deployment, so that another executor needs no new one.
 */
export function databaseSecrets(
  { cell: { database, broker }, platformSecretArn }: Setting,
  action: DatabaseAction,
): Secret[] {
  return [
    { name: 'WINDSOCK_CELL_DATABASE_PASSWORD', valueFrom: database.passwordSecretArn },
    ...(broker === undefined
      ? []
      : [{ name: 'WINDSOCK_CELL_BROKER_PASSWORD', valueFrom: broker.passwordSecretArn }]),
    ...(action === 'drop'
      ? []
      : [
          { name: 'WINDSOCK_DATABASE_PASSWORD', valueFrom: `${platformSecretArn}:databasePassword::` },
          ...celerySecrets(platformSecretArn),
        ]),
  ];
}

/** Variables as ECS has them. */
export function pairs(variables: Readonly<Record<string, string>>): KeyValuePair[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function databaseAddress({ database }: Cell, deploymentId: string) {
  return {
    WINDSOCK_DATABASE_HOST: database.host,
    WINDSOCK_DATABASE_PORT: String(database.port),
    WINDSOCK_DATABASE_NAME: databaseName(deploymentId),
    WINDSOCK_DATABASE_USER: databaseName(deploymentId),
  };
}

/** Where Celery's messages and results go, and as whom. */
function celeryAddresses({ broker }: Cell, deploymentId: string): Record<string, string> {
  return {
    WINDSOCK_RESULT_USER: resultRole(deploymentId),
    ...(broker === undefined
      ? {}
      : {
          WINDSOCK_BROKER_URL: `redis://${broker.host}:${broker.port}/0`,
          WINDSOCK_BROKER_USER: brokerUser(deploymentId),
        }),
  };
}

function celerySecrets(platformSecretArn: string): Secret[] {
  return [
    { name: 'WINDSOCK_RESULT_PASSWORD', valueFrom: `${platformSecretArn}:resultPassword::` },
    { name: 'WINDSOCK_BROKER_PASSWORD', valueFrom: `${platformSecretArn}:brokerPassword::` },
  ];
}
