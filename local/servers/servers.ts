import type { Home } from '../home.ts';
import type { Ports } from '../ports.ts';
import type { Tools } from '../setup/tools.ts';
import { cellServer } from './cell.ts';
import { dynoxideServer } from './dynoxide.ts';
import { postgresServer } from './postgres.ts';
import { redisServer } from './redis.ts';
import { type SupervisedServer, supervise } from './supervise.ts';

export interface Servers {
  /** Ends them in order: what uses another ends first. */
  stop(): Promise<void>;
  /** Ends those that this start has started. What an earlier runner left is left again: tasks may run on it. */
  giveUp(): Promise<void>;
}

/**
 * Starts or finds the servers that outlive the runner, and keeps them running. When one does not start, this gives up,
 * and throws its error.
 */
export async function startServers(
  home: Home,
  tools: Tools,
  ports: Ports,
  say: (line: string) => void,
): Promise<Servers> {
  const running: SupervisedServer[] = [];
  const inOrder = async (end: (server: SupervisedServer) => Promise<void>) => {
    for (const server of running.toReversed()) await end(server);
  };
  const servers = {
    stop: () => inOrder((server) => server.stop()),
    giveUp: () => inOrder((server) => (server.wasRunning ? server.leave() : server.stop())),
  };
  const starting = [
    postgresServer(home, tools, ports.postgres),
    redisServer(home, tools, ports.redis),
    dynoxideServer(home, ports.dynamodb),
    cellServer(home, ports),
  ].map(async (definition) => {
    running.push(await supervise(home, definition, say));
  });
  const failed = (await Promise.allSettled(starting)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await servers.giveUp();
    throw failed.reason;
  }
  return servers;
}
