import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../../core/store/table.ts';
import { PATIENCE } from './patience.ts';
import { freePort } from './ports.ts';

/** A DynamoDB on a free port, that holds the one table. */
export interface TestDynamodb {
  readonly endpoint: string;
  readonly table: string;
  stop(): Promise<void>;
}

export interface TestDynamodbOptions {
  /** Its SQLite file; in memory unless told. */
  readonly file?: string;
  /** Without its stream, of which it keeps every record for good, writes stay as fast as they are at first. */
  readonly stream?: boolean;
}

/** Starts dynoxide, makes the table, and points the SDK of this process at it. Takes about 60 ms; `stop` ends it. */
export async function startDynamodb(options: TestDynamodbOptions = {}): Promise<TestDynamodb> {
  const { file, stream = true } = options;
  const port = await freePort();
  const folder = dirname(createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json'));
  const kept = file === undefined ? [] : ['--db-path', file];
  const server = spawn(join(folder, 'dynoxide'), ['serve', '--port', String(port), ...kept], {
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
  process.env.AWS_REGION = 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID = 'runner';
  process.env.AWS_SECRET_ACCESS_KEY = 'local';
  await untilReady(endpoint);
  const table = 'windsock';
  const client = new DynamoDBClient({});
  const { StreamSpecification, ...definition } = tableDefinition;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      ...definition,
      ...(stream ? { StreamSpecification } : {}),
    }),
  );
  client.destroy();
  return {
    endpoint,
    table,
    async stop() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

async function untilReady(endpoint: string): Promise<void> {
  const deadline = Date.now() + 10_000 * PATIENCE;
  while (Date.now() < deadline) {
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(10);
  }
  throw new Error(`DynamoDB did not start at ${endpoint}`);
}
