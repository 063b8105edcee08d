import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Environment } from './environment.ts';
import type { PlatformSecret } from './platform/secret.ts';
import type { Store } from './store/store.ts';

/** What core reaches beside its input: the platform's settings, its table, and AWS's own clients. */
export interface Services {
  readonly environment: Environment;
  /** The items of one organization; nobody else's can be addressed through it. */
  store(organizationId: string): Store;
  /** For sign-ups, users, authentication and the `due` index alone. */
  readonly globalStore: Store;
  /** The table itself, for the `due` index, which holds items of every kind. */
  readonly database: DynamoDBDocumentClient;
  /** The same services, whose every command to the table goes through this client. */
  through(database: DynamoDBDocumentClient): Services;
  /** The platform's own keys; read once. */
  platformSecret(): Promise<PlatformSecret>;
  readonly ecs: ECSClient;
  readonly events: EventBridgeClient;
  readonly logs: CloudWatchLogsClient;
  readonly mail: SESv2Client;
  readonly objects: S3Client;
  readonly roles: IAMClient;
  readonly secrets: SecretsManagerClient;
  readonly workflows: SFNClient;
}
