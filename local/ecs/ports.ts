import { randomInt } from 'node:crypto';
import { isFree } from '../ports.ts';
import type { Task } from './documents.ts';

/** Below Linux's ephemeral range, and apart from the ports that the platform keeps for itself. */
const RANGE = { from: 12_000, to: 20_000 };

/** Container port to host port. */
export type Ports = Readonly<Record<string, number>>;

/** The container ports that a task maps. */
export function mappedPorts({ containers }: Task): number[] {
  return [...new Set(containers.flatMap(({ containerPorts }) => containerPorts))];
}

/** Chooses a free host port for every container port, none of `taken`. */
export async function choosePorts(containerPorts: readonly number[], taken: Set<number>): Promise<Ports> {
  const ports: Record<string, number> = {};
  for (const containerPort of containerPorts) ports[containerPort] = await chooseFree(taken);
  return ports;
}

/** The port is in `taken` before anything is awaited, so that no other task chooses it meanwhile. */
async function chooseFree(taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (taken.has(port)) continue;
    taken.add(port);
    if (await isFree(port)) return port;
    taken.delete(port);
  }
  throw new Error(`No free port was found between ${RANGE.from} and ${RANGE.to}`);
}

/** What `networkBindings` say of a container. */
export function bindingsOf(containerPorts: readonly number[], ports: Ports = {}) {
  return containerPorts.flatMap((containerPort) => {
    const hostPort = ports[containerPort];
    return hostPort === undefined ? [] : [{ bindIP: '127.0.0.1', containerPort, hostPort, protocol: 'tcp' }];
  });
}
