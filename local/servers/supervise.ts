import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from '../home.ts';
import { isAlive } from '../process.ts';
import { isRunning, type ServerDefinition, startServer, stopServer } from './server.ts';

const LOOK_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** One that lives this long is no longer counted as failing to start. */
const SETTLED_MS = 10_000;

export interface SupervisedServer {
  /** Whether an earlier runner had left it running. */
  readonly wasRunning: boolean;
  /** Ends the server in order and watches it no more. */
  stop(): Promise<void>;
  /** Watches it no more and leaves it running, for the next runner to find. */
  leave(): Promise<void>;
}

/**
 * Keeps a server running: starts or finds it, answers once it is ready, and starts it again when it dies, after a
 * pause that doubles with every death soon after a start (0.25 s to 30 s). `say` tells a person of deaths.
 */
export async function supervise(
  home: Home,
  server: ServerDefinition,
  say: (line: string) => void,
): Promise<SupervisedServer> {
  const wasRunning = isRunning(home, server);
  let identity = await startServer(home, server);
  const ending = new AbortController();

  async function watch(): Promise<void> {
    let deaths = 0;
    let startedAt = Date.now();
    while (await pause(LOOK_MS, ending.signal)) {
      if (isAlive(identity)) continue;
      deaths = Date.now() - startedAt > SETTLED_MS ? 0 : deaths + 1;
      if (deaths > 0 && !(await pause(Math.min(LOOK_MS * 2 ** deaths, LONGEST_PAUSE_MS), ending.signal)))
        return;
      try {
        startedAt = Date.now();
        identity = await startServer(home, server);
        say(`${server.name} had ended; it runs again (${Date.now() - startedAt} ms)`);
      } catch (error) {
        say(`${server.name} had ended and does not start: ${error instanceof Error ? error.message : error}`);
      }
    }
  }

  const watching = watch();
  const leave = async () => {
    ending.abort();
    await watching;
  };
  return {
    wasRunning,
    leave,
    stop: async () => {
      await leave();
      await stopServer(home, server);
    },
  };
}

/** Waits; false when it was told to end meanwhile. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
