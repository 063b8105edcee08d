import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError, readIfThere, writeWhole } from './files.ts';
import type { Home } from './home.ts';

/** The loopback ports of the platform. They are found once and kept, for tasks that outlive the runner use them. */
export const portsSchema = z.object({
  postgres: z.int(),
  redis: z.int(),
  dynamodb: z.int(),
  s3: z.int(),
  forwarder: z.int(),
  endpoints: z.int(),
});
export type Ports = z.infer<typeof portsSchema>;

/** Below Linux's ephemeral range (32768 and up), so that no outgoing connection sits on a port that we keep. */
const RANGE = { from: 20_000, to: 32_000 };

/**
 * The data folder's ports: those of `ports.json`, and free ones for what is missing there, which then stands there
 * too.
 */
export async function keptPorts(home: Home): Promise<Ports> {
  const path = join(home.root, 'ports.json');
  const kept = portsSchema.partial().parse(JSON.parse(readIfThere(path) ?? '{}'));
  const taken = new Set(Object.values(kept).filter((port) => port !== undefined));
  const ports: Ports = { postgres: 0, redis: 0, dynamodb: 0, s3: 0, forwarder: 0, endpoints: 0 };
  for (const name of portsSchema.keyof().options) {
    ports[name] = kept[name] ?? (await freePort(taken));
    taken.add(ports[name]);
  }
  writeWhole(path, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(
    `No free port was found between ${RANGE.from} and ${RANGE.to}: end a program that holds some.`,
  );
}

/** Whether nobody listens on this loopback port. On a machine without IPv6 nobody listens on `::1`. */
export function isFree(port: number, host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) =>
      resolve(isSystemError(error) && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code)),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
