import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { freePort } from '../../support/ports.ts';
import { eventually } from './home.ts';

export interface Database {
  readonly port: number;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** The database behind the DynamoDB endpoint, over a file in `folder`, on a port of its own. */
export async function createDatabase(folder: string): Promise<Database> {
  const port = await freePort();
  const binary = join(
    dirname(createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json')),
    'dynoxide',
  );
  let process: ReturnType<typeof spawn> | undefined;
  return {
    port,
    async start() {
      const argv = ['serve', '--port', String(port), '--db-path', join(folder, 'dynamodb.sqlite')];
      process = spawn(binary, argv, { stdio: 'ignore' });
      await eventually('the database answers', () =>
        fetch(`http://127.0.0.1:${port}`).then(
          () => true,
          () => false,
        ),
      );
    },
    async kill() {
      if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    },
  };
}

/** A table with one index and a stream of both images. */
export async function createTable(url: string, name: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'runner', secretAccessKey: 'local' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'due', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  client.destroy();
}
