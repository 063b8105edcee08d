import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere } from '../files.ts';
import type { Home } from '../home.ts';
import { isFree } from '../ports.ts';
import { isAlive, type ProcessIdentity, processIdentity, signal, startTime } from '../process.ts';

/** A program that serves the platform in a process of its own and outlives the runner. */
export interface ServerDefinition {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** The loopback ports that it listens on. */
  readonly ports: readonly number[];
  /** The signal on which it ends in order. */
  readonly stopSignal: NodeJS.Signals;
  /** Whether it answers. Called every few milliseconds until it does. */
  isReady(pid: number): Promise<boolean>;
  /** Clears what a killed predecessor left behind. Safe to run at any time when the server does not run. */
  prepare?(): Promise<void>;
}

export const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const PROBE_MS = 10;
const LOG_BYTES = 5_000_000;

/**
 * The running server: the one that an earlier runner left, or a new one. Throws, with the end of its log, when it
 * ends or does not answer in time.
 */
export async function startServer(home: Home, server: ServerDefinition): Promise<ProcessIdentity> {
  const deadline = Date.now() + READY_WITHIN_MS;
  const identity = found(home, server) ?? (await launch(home, server));
  while (!(await server.isReady(identity.pid))) {
    if (!isAlive(identity)) {
      await stopServer(home, server);
      throw new Error(`${server.name} ended at its start:\n${logTail(home, server)}`);
    }
    if (Date.now() > deadline) {
      await stopServer(home, server);
      throw new Error(
        `${server.name} did not answer within ${READY_WITHIN_MS / 1000} s:\n${logTail(home, server)}`,
      );
    }
    await delay(PROBE_MS);
  }
  return identity;
}

/** Whether it runs already, as an earlier runner left it. */
export function isRunning(home: Home, server: ServerDefinition): boolean {
  return found(home, server) !== undefined;
}

/** Ends the server in order, by force when it does not end in time. Nothing happens when it does not run. */
export async function stopServer(home: Home, server: ServerDefinition): Promise<void> {
  const identity = found(home, server);
  if (identity !== undefined) {
    signal(identity, server.stopSignal);
    const deadline = Date.now() + STOP_WITHIN_MS;
    while (isAlive(identity) && Date.now() < deadline) await delay(PROBE_MS);
    signal(identity, 'SIGKILL');
    while (isAlive(identity)) await delay(PROBE_MS);
  }
  rmSync(pidFile(home, server), { force: true });
}

function found(home: Home, server: ServerDefinition): ProcessIdentity | undefined {
  const text = readIfThere(pidFile(home, server));
  if (text === undefined) return undefined;
  const identity = processIdentity.parse(JSON.parse(text));
  return isAlive(identity) ? identity : undefined;
}

/** Says which process it is, then becomes the server: a server that runs is always on record. */
const RECORD_AND_BECOME = [
  'printf \'{"pid":%s,"startTime":%s}\' $$ "$(cut -d " " -f 22 /proc/$$/stat)" >"$0.new"',
  'mv "$0.new" "$0"',
  'exec "$@"',
].join(' && ');

async function launch(home: Home, server: ServerDefinition): Promise<ProcessIdentity> {
  await server.prepare?.();
  for (const port of server.ports) {
    if (await isFree(port)) continue;
    throw new Error(
      `Another program has port ${port}, which ${server.name} is kept at (ports.json of the data folder). End that program.`,
    );
  }
  const log = openLog(home, server);
  const child = spawn('sh', ['-c', RECORD_AND_BECOME, pidFile(home, server), ...server.command], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: home.root,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...server.environment },
  });
  closeSync(log);
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${server.name} could not be started`);
  return { pid, startTime: startTime(pid) ?? 0 };
}

function openLog(home: Home, server: ServerDefinition): number {
  const path = logFile(home, server);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function logTail(home: Home, server: ServerDefinition): string {
  return readFileSync(logFile(home, server), 'utf8').trimEnd().split('\n').slice(-10).join('\n');
}

function logFile(home: Home, server: ServerDefinition): string {
  return join(home.servers, `${server.name}.log`);
}

function pidFile(home: Home, server: ServerDefinition): string {
  return join(home.servers, `${server.name}.json`);
}
