import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readIfThere, writeWhole } from '../files.ts';
import type { Home } from '../home.ts';
import type { Tools } from '../setup/tools.ts';
import type { ServerDefinition } from './server.ts';

/** What was answered is on disk: each command waits for the file that it is appended to. */
const SETTINGS = {
  bind: '127.0.0.1',
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  loglevel: 'warning',
  /** Its command line stays as it is and names the data folder, by which a person finds whose it is. */
  'set-proc-title': 'no',
};

/** The password of Redis' administrator, its user `default`: made once, kept with the keys. */
export function redisPassword(home: Home): string {
  const path = join(home.keys, 'redis-password');
  const kept = readIfThere(path);
  if (kept !== undefined) return kept;
  const password = randomBytes(24).toString('base64url');
  writeWhole(path, password);
  return password;
}

/** Redis on a loopback port, with a password for everyone. Its users stand in a file, their passwords as digests. */
export function redisServer(home: Home, tools: Tools, port: number): ServerDefinition {
  const users = join(home.redis, 'users.acl');
  const settings = Object.entries({ ...SETTINGS, port: String(port), dir: home.redis, aclfile: users });
  return {
    name: 'redis',
    command: [tools.redis, ...settings.flatMap(([name, value]) => [`--${name}`, value])],
    environment: {},
    ports: [port],
    stopSignal: 'SIGTERM',
    isReady: () => pong(port, redisPassword(home)),
    async prepare() {
      mkdirSync(home.redis, { recursive: true, mode: 0o700 });
      if (existsSync(users)) return;
      const digest = createHash('sha256').update(redisPassword(home)).digest('hex');
      writeWhole(users, `user default on #${digest} ~* &* +@all\n`);
    },
  };
}

/** Whether it answers a ping, which it does once it has read its file. */
function pong(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    let answer = '';
    socket.once('connect', () => socket.end(`AUTH ${password}\r\nPING\r\n`));
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.once('timeout', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(answer.includes('+PONG')));
  });
}
