import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere, writeWhole } from '../files.ts';
import type { Home } from '../home.ts';
import { run } from '../setup/run.ts';
import type { Tools } from '../setup/tools.ts';
import type { ServerDefinition } from './server.ts';

export const POSTGRES_SUPERUSER = 'windsock';

/** Sized for a dozen deployments on one machine. What was answered is on disk: fsync stays on. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '400',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_parallel_workers: '0',
  jit: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  /** A statement may hold a role's password. */
  log_min_error_statement: 'panic',
};

/** The superuser's password: made once, kept with the keys. */
export function postgresPassword(home: Home): string {
  const path = join(home.keys, 'postgres-password');
  const kept = readIfThere(path);
  if (kept !== undefined) return kept;
  const password = randomBytes(24).toString('base64url');
  writeWhole(path, password);
  return password;
}

/** Makes the data directory when there is none, whole or not at all. */
export async function initializePostgres(home: Home, tools: Tools): Promise<void> {
  if (existsSync(home.postgres)) return;
  postgresPassword(home);
  // One of its own: the initdb of a runner that was killed may still write into another.
  const unfinished = `${home.postgres}.${process.pid}.new`;
  for (const other of globSync(`${home.postgres}.*.new`)) rmSync(other, { recursive: true, force: true });
  const [file, ...args] = asOrdinaryUser([
    join(tools.postgres, 'initdb'),
    `--pgdata=${unfinished}`,
    `--username=${POSTGRES_SUPERUSER}`,
    `--pwfile=${join(home.keys, 'postgres-password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-instructions',
  ]);
  await run(file, args).catch(tellOfUnshare);
  renameSync(unfinished, home.postgres);
}

/** Where root may not become an ordinary user (`asOrdinaryUser`), says what to do. */
function tellOfUnshare(error: unknown): never {
  if (!(error instanceof Error) || !/unshare: |spawn unshare/.test(error.message)) throw error;
  throw new Error(
    'Postgres does not run as root, and root may make no user namespace here. Start Windsock as an ordinary user; ' +
      'or allow it: docker run --security-opt seccomp=unconfined, elsewhere sysctl -w user.max_user_namespaces=10000',
    { cause: error },
  );
}

/** Postgres on a loopback port, with a password for everyone. */
export function postgresServer(home: Home, tools: Tools, port: number): ServerDefinition {
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  const lockFile = join(home.postgres, 'postmaster.pid');
  return {
    name: 'postgres',
    command: asOrdinaryUser([
      join(tools.postgres, 'postgres'),
      '-D',
      home.postgres,
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]),
    environment: { LC_ALL: 'C.UTF-8' },
    ports: [port],
    stopSignal: 'SIGINT',
    async isReady(pid) {
      // Postgres writes its own pid into the file's first line and its state into the eighth.
      const lines = readIfThere(lockFile)?.split('\n');
      return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
    },
    async prepare() {
      while (worksIn(home.postgres)) await delay(20);
      rmSync(lockFile, { force: true });
    },
  };
}

/** Postgres refuses to run as root: root enters a user namespace in which it is an ordinary user. */
function asOrdinaryUser(command: readonly [string, ...string[]]): [string, ...string[]] {
  return process.getuid?.() === 0
    ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', ...command]
    : [...command];
}

/**
 * Whether a process works in this folder, as every process of a Postgres does in its data directory: those of a
 * killed one end by themselves within moments. A lock file whose pid was given to another program says nothing.
 */
function worksIn(folder: string): boolean {
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && workingDirectory(entry) === folder);
}

function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // The process ended meanwhile, or is another user's.
    return undefined;
  }
}
