import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { shareInstallation } from '../../test/support/installation.ts';
import { until } from '../../test/support/platform.ts';
import { type Group, startGroup } from './group.ts';

export const repository = join(import.meta.dirname, '..', '..');

/** A Windsock of its own, started as a person starts it: `npm start -- --empty`. */
export interface Platform {
  readonly home: string;
  readonly url: string;
  /** Starts it and waits until `/healthz` answers 200. */
  start(): Promise<void>;
  /** Ctrl-C, and waits until it has ended. */
  stop(): Promise<void>;
  operatorToken(): Promise<string>;
}

/**
 * Runs `work` on a new platform that is started, with the prepared data folder's tools and images; then stops it
 * and removes its data.
 */
export async function withPlatform(work: (platform: Platform) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'windsock-bench-'));
  shareInstallation(home);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  let running: Group | undefined;
  const platform: Platform = {
    home,
    url,
    async start() {
      const npm = npmStart(['--empty'], { home, port, folder: repository });
      running = npm;
      const isReady = async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.status === 200;
      const what = () => `the platform to be ready\n${npm.output()}`;
      await until(
        async () => {
          if (npm.hasEnded()) throw new Error(`npm start has ended:\n${npm.output()}`);
          return await isReady();
        },
        { seconds: 300, what, every: 20 },
      );
    },
    async stop() {
      await running?.interrupt();
    },
    operatorToken: async () => (await readFile(join(home, 'operator-token'), 'utf8')).trim(),
  };
  try {
    await platform.start();
    await work(platform);
  } finally {
    await platform.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** `npm start` in a terminal of its own. */
export function npmStart(
  args: readonly string[],
  place: { readonly folder: string; readonly home: string; readonly port: number },
): Group {
  const env = {
    ...process.env,
    WINDSOCK_HOME: place.home,
    PORT: String(place.port),
    RATE_LIMIT_FACTOR: '1000',
  };
  return startGroup('npm', ['start', '--', ...args], { cwd: place.folder, env });
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}
