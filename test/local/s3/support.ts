import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Allows } from '../../../local/endpoint/grants.ts';
import { createS3 } from '../../../local/s3/endpoint.ts';
import { openStore } from '../../../local/s3/store.ts';

export const SECRET = 'local';

export interface RunningS3 {
  readonly url: string;
  readonly folder: string;
  readonly client: S3Client;
  clientOf(principal: string): S3Client;
  stop(): Promise<void>;
}

/** An S3 endpoint in a folder of its own; `advance` of the clock only matters to what expires. */
export async function startS3(options: { allows?: Allows; now?: () => number } = {}): Promise<RunningS3> {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  const store = openStore({ objects: folder, index: join(folder, 'index.db'), now: options.now ?? Date.now });
  const server = createS3({
    store,
    allows: options.allows ?? (() => true),
    secret: SECRET,
    onError: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: S3Client[] = [];
  const clientOf = (principal: string) => {
    const client = new S3Client({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: principal, secretAccessKey: SECRET },
    });
    clients.push(client);
    return client;
  };
  return {
    url,
    folder,
    client: clientOf('runner'),
    clientOf,
    async stop() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
