import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Home } from '../home.ts';
import type { ServerDefinition } from './server.ts';

/** DynamoDB and its streams, over SQLite, on a loopback port. */
export function dynoxideServer(home: Home, port: number): ServerDefinition {
  const packageFile = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json');
  return {
    name: 'dynoxide',
    command: [
      join(dirname(packageFile), 'dynoxide'),
      'serve',
      '--port',
      String(port),
      '--db-path',
      dynamodbFile(home),
    ],
    environment: {},
    ports: [port],
    stopSignal: 'SIGTERM',
    isReady: () => answers(`http://127.0.0.1:${port}/`),
  };
}

/** The file of the table and its stream. */
export function dynamodbFile(home: Home): string {
  return join(home.dynamodb, 'dynamodb.db');
}

/** Whether anything at all is answered over HTTP. */
export async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
