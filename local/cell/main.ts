/**
 * The process that outlives the runner and that running tasks rely on: S3, and the forwarder that gives every
 * api-server its stable address. `main.ts --home <data folder> --s3-port <port> --forwarder-port <port>`; SIGTERM
 * ends it once what it is answering is answered.
 */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { catalog } from '../../functions/catalog.ts';
import { createGrants } from '../endpoint/grants.ts';
import { createForwarder } from '../forwarder/forwarder.ts';
import { openRoutes } from '../forwarder/routes.ts';
import { openRoles, roleStatements } from '../iam/roles.ts';
import { names } from '../names.ts';
import { createS3 } from '../s3/endpoint.ts';
import { openStore } from '../s3/store.ts';

/** How long requests under way have to end. */
const DRAIN_MS = 5_000;
/** One machine is one trust domain: every access key has this secret, and the key alone names the caller. */
const SECRET = 'local';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { home: text, 's3-port': text, 'forwarder-port': text } });
const port = z.coerce.number().int().min(0).max(65_535);
const options = z.object({ home: z.string(), 's3-port': port, 'forwarder-port': port }).parse(values);

const state = join(options.home, 'state');
const objects = join(options.home, 'objects');
for (const folder of [state, objects]) mkdirSync(folder, { recursive: true, mode: 0o700 });

const onError = (message: string, error: unknown) => console.error(message, error);
const roles = openRoles(join(state, 'iam.db'));
const allows = createGrants({ functions: catalog, names, roleStatements: roleStatements(roles) });
const store = openStore({ objects, index: join(state, 's3.db'), now: Date.now });
const s3 = createS3({ store, allows, secret: SECRET, onError });
const routes = openRoutes(join(state, 'routes.json'), onError);
const forwarder = createForwarder(routes);

await listen(s3, options['s3-port']);
await listen(forwarder, options['forwarder-port']);
store.sweep();

let ending = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, async () => {
    if (ending) return;
    ending = true;
    await Promise.all([drain(s3), drain(forwarder)]);
    store.close();
    process.exit(0);
  });
}

/** Holding the port also makes this the only process that writes to the data folder's objects. */
function listen(server: Server, on: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(on, '127.0.0.1', resolve);
  });
}

function drain(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(idle);
      clearTimeout(late);
      resolve();
    });
  });
}
