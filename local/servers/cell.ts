import { join } from 'node:path';
import type { Home } from '../home.ts';
import type { Ports } from '../ports.ts';
import { answers } from './dynoxide.ts';
import type { ServerDefinition } from './server.ts';

/**
 * S3, and the forwarder before every api-server: what running tasks rely on while the runner is away. The compile
 * cache spares the process the memory of stripping types (16 MB), the small young generation another 5 MB.
 */
export function cellServer(home: Home, ports: Ports): ServerDefinition {
  return {
    name: 'cell',
    command: [
      process.execPath,
      '--max-semi-space-size=1',
      join(import.meta.dirname, '../cell/main.ts'),
      `--home=${home.root}`,
      `--s3-port=${ports.s3}`,
      `--forwarder-port=${ports.forwarder}`,
    ],
    environment: { NODE_COMPILE_CACHE: join(home.root, 'cache') },
    ports: [ports.s3, ports.forwarder],
    stopSignal: 'SIGTERM',
    isReady: () => answers(`http://127.0.0.1:${ports.s3}/`),
  };
}
