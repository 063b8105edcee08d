import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { platformSecretReader } from '../core/platform/secret.ts';
import type { Services } from '../core/services.ts';
import { documentClient } from '../core/store/client.ts';
import { globalStore, parseEntities, type Store, tenantStore } from '../core/store/store.ts';
import type { Environment } from './environment.ts';

export type { Services };

/** The services of one function instance; each client is made when it is first used. */
export function createServices(environment: Environment): Services {
  const entities = once(() => parseEntities(environment.TABLE_NAME));
  const ecs = once(() => new ECSClient({}));
  const events = once(() => new EventBridgeClient({}));
  const logs = once(() => new CloudWatchLogsClient({}));
  const mail = once(() => new SESv2Client({}));
  const objects = once(() => new S3Client({}));
  const roles = once(() => new IAMClient({}));
  const secrets = once(() => new SecretsManagerClient({}));
  const workflows = once(() => new SFNClient({}));
  const platformSecret = platformSecretReader(secrets, environment.SIGNING_SECRET_ARN);
  const through = (database: () => DynamoDBDocumentClient): Services => ({
    environment,
    store: (organizationId: string): Store => tenantStore(entities(), database(), organizationId),
    through: (client) => through(() => client),
    platformSecret,
    get database() {
      return database();
    },
    get globalStore() {
      return globalStore(entities(), database());
    },
    get ecs() {
      return ecs();
    },
    get events() {
      return events();
    },
    get logs() {
      return logs();
    },
    get mail() {
      return mail();
    },
    get objects() {
      return objects();
    },
    get roles() {
      return roles();
    },
    get secrets() {
      return secrets();
    },
    get workflows() {
      return workflows();
    },
  });
  return through(once(documentClient));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
