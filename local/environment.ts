import type { Cell } from '../core/cell/schema.ts';
import type { Environment } from '../core/environment.ts';
import { ACCOUNT, REGION } from './endpoint/service.ts';
import { functionArn } from './lambda/host.ts';
import { names, stateMachineArn } from './names.ts';
import type { Ports } from './ports.ts';
import { POSTGRES_SUPERUSER } from './servers/postgres.ts';

/** Where the AWS SDK of every function and task finds each service, and the region. */
export function awsEnvironment(ports: Ports) {
  const endpoints = `http://127.0.0.1:${ports.endpoints}`;
  return {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoints,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints,
    AWS_ENDPOINT_URL_ECS: endpoints,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints,
    AWS_ENDPOINT_URL_IAM: endpoints,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports.s3}`,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints,
    AWS_ENDPOINT_URL_SESV2: endpoints,
    AWS_ENDPOINT_URL_SFN: endpoints,
  };
}

/** What differs from one data folder to the next. */
export interface Place {
  readonly ports: Ports;
  /** What users see before every path: `http://localhost:8888`. */
  readonly publicUrl: string;
  readonly platformSecretArn: string;
  readonly databaseSecretArn: string;
  readonly brokerSecretArn: string;
  readonly frontDoorKeys: Cell['frontDoorKeys'];
}

/** What every function of this cloud is told, beside `awsEnvironment`. */
export function platformEnvironment(place: Place): Record<Exclude<keyof Environment, 'AWS_REGION'>, string> {
  return {
    TABLE_NAME: names.table,
    BUS_NAME: names.bus,
    BUCKET_NAME: names.bucket,
    OPERATE_ARN: stateMachineArn('operate'),
    REMOVE_ARN: stateMachineArn('remove'),
    REPORT_ARN: functionArn('report'),
    SIGNING_SECRET_ARN: place.platformSecretArn,
    MAIL_FROM: names.mailFrom,
    PUBLIC_URL: place.publicUrl,
    RATE_LIMIT_FACTOR: process.env.RATE_LIMIT_FACTOR ?? '1',
    CELL: JSON.stringify(localCell(place)),
  };
}

/** This machine as the cell that deployments live in. */
function localCell({ ports, publicUrl, databaseSecretArn, brokerSecretArn, frontDoorKeys }: Place): Cell {
  return {
    id: 'local',
    name: 'This machine',
    provider: 'LOCAL',
    region: REGION,
    cluster: names.cluster,
    database: {
      host: '127.0.0.1',
      port: ports.postgres,
      user: POSTGRES_SUPERUSER,
      passwordSecretArn: databaseSecretArn,
    },
    broker: { kind: 'redis', host: '127.0.0.1', port: ports.redis, passwordSecretArn: brokerSecretArn },
    bucket: names.bucket,
    publicUrl: `${publicUrl}/{namespace}`,
    apiUrl: `http://127.0.0.1:${ports.forwarder}/{namespace}`,
    frontDoorKeys,
    images: { repository: 'windsock/runtime' },
    executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/${names.executionRole}`,
    logGroupPrefix: '/windsock',
  };
}
