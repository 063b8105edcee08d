import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { shareInstallation } from './installation.ts';
import { PATIENCE } from './patience.ts';
import { freePort } from './ports.ts';
import { killProcess, processesOf } from './processes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A Windsock of its own for a test: a data folder, a port, and the runner as a child process. */
export interface Platform {
  readonly home: string;
  readonly url: string;
  readonly port: number;
  /** All that the runner has printed, over all of its starts. */
  output(): string;
  /** Starts the runner. */
  launch(): void;
  /** Waits until the API of the runner that was launched is ready. */
  ready(): Promise<void>;
  /** Starts the runner and waits until the API is ready. */
  start(): Promise<void>;
  /** Ctrl-C: everything stops in order. */
  stop(): Promise<void>;
  /** kill -9 of the runner alone. */
  kill(): Promise<void>;
  /** Stops, ends by force whatever a kill left running, and removes the data folder. */
  destroy(): Promise<void>;
  /** The operator's token. */
  operatorToken(): Promise<string>;
}

/**
 * Creates a platform that is not started yet, in a new data folder or in `home`. `port` 0 finds a free one; the
 * CLI needs 8888. `runner` is another program than the one of `npm start`. `asUser` starts it as people do: with the
 * first journey, and with rates limited as they are.
 */
export async function createPlatform(
  options: { port?: number; home?: string; runner?: string; asUser?: boolean } = {},
): Promise<Platform> {
  const { port = 0, runner: program = 'local/start.ts', asUser = false } = options;
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'windsock-')));
  if (options.home === undefined) shareInstallation(home);
  const chosen = port === 0 ? await freePort() : port;
  const url = `http://localhost:${chosen}`;
  let runner: ChildProcess | undefined;
  let printed = '';

  function launch(): void {
    const child = spawn(process.execPath, [program, ...(asUser ? [] : ['--empty'])], {
      cwd: ROOT,
      env: {
        ...process.env,
        WINDSOCK_HOME: home,
        PORT: String(chosen),
        ...(asUser ? {} : { RATE_LIMIT_FACTOR: '1000' }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    runner = child;
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
  }

  async function ready(): Promise<void> {
    await until(
      async () => {
        const ended = runner?.exitCode ?? runner?.signalCode ?? undefined;
        if (ended !== undefined) throw new Error(`The runner ended with ${ended}:\n${printed}`);
        return (await fetch(`${url}/healthz`).catch(() => undefined))?.status === 200;
      },
      { seconds: 180, what: () => `the platform to be ready\n${printed}` },
    );
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = runner;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  return {
    home,
    url,
    port: chosen,
    output: () => printed,
    launch,
    ready,
    async start() {
      launch();
      await ready();
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    async destroy() {
      await end('SIGINT');
      for (const { pid } of processesOf(home)) killProcess(pid);
      await rm(home, { recursive: true, force: true });
    },
    operatorToken: async () => (await readFile(join(home, 'operator-token'), 'utf8')).trim(),
  };
}

/** Asks `probe` until it says yes; after `seconds`, and what patience adds, it is an error that says what was waited for. */
export async function until(
  probe: () => Promise<boolean>,
  { seconds, what, every = 200 }: { seconds: number; what: () => string; every?: number },
): Promise<void> {
  const patience = seconds * PATIENCE;
  const deadline = performance.now() + patience * 1000;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`Waited ${patience} s in vain for ${what()}`);
    await wait(every);
  }
}
