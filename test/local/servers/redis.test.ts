import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptPorts, type Ports } from '../../../local/ports.ts';
import { isAlive, processIdentity } from '../../../local/process.ts';
import { redisPassword, redisServer } from '../../../local/servers/redis.ts';
import { type SupervisedServer, supervise } from '../../../local/servers/supervise.ts';
import type { Tools } from '../../../local/setup/tools.ts';
import { processesOf } from '../../support/processes.ts';
import { eventually, tools as sharedTools, temporaryHome } from '../support/home.ts';

const { home, remove } = temporaryHome();
let tools: Tools;
let ports: Ports;
let redis: SupervisedServer;
const said: string[] = [];

beforeAll(async () => {
  tools = await sharedTools();
  ports = await keptPorts(home);
  redis = await start();
});

afterAll(async () => {
  await redis.stop();
  remove();
});

test('a killed Redis is started again and has lost nothing that it answered', async () => {
  const answered = Array.from({ length: 50 }, (_, number) => call('RPUSH', 'kept', String(number)));
  const killed = identity();
  process.kill(killed.pid, 'SIGKILL');
  await eventually('it is said', () =>
    said.some((line) => line.startsWith('redis had ended; it runs again')),
  );
  expect(isAlive(killed)).toBe(false);
  expect(call('LLEN', 'kept')).toBe(answered.at(-1));
});

test('its users outlive it, and their passwords are on disk as digests alone', async () => {
  call('ACL', 'SETUSER', 'ada', 'on', '>lovelace-1815', '~ada:*', '+@all');
  call('ACL', 'SAVE');
  await redis.stop();
  redis = await start();
  expect(callAs('ada', 'lovelace-1815', 'ACL', 'WHOAMI')).toBe('ada');
  for (const file of ['users.acl', 'appendonly.aof']) {
    const content = readFileSync(join(home.redis, file), 'utf8');
    expect(content).not.toContain('lovelace-1815');
    expect(content).not.toContain(redisPassword(home));
  }
});

test('nobody comes in without a password, which is its owner’s alone', () => {
  expect(statSync(join(home.keys, 'redis-password')).mode & 0o777).toBe(0o600);
  for (const password of ['', 'wrong']) expect(() => callAs('default', password, 'PING')).toThrow();
});

test('its process names the data folder', () => {
  expect(processesOf(home.root).map(({ pid }) => pid)).toContain(identity().pid);
});

test('one that is left running is found again, and not started twice', async () => {
  const before = identity();
  await redis.leave();
  expect(isAlive(before)).toBe(true);
  redis = await start();
  expect(identity()).toEqual(before);
});

function start(): Promise<SupervisedServer> {
  return supervise(home, redisServer(home, tools, ports.redis), (line) => said.push(line));
}

function identity() {
  return processIdentity.parse(JSON.parse(readFileSync(join(home.servers, 'redis.json'), 'utf8')));
}

/** What Redis answers to a command of its administrator. */
function call(...command: string[]): string {
  return callAs('default', redisPassword(home), ...command);
}

function callAs(user: string, password: string, ...command: string[]): string {
  const args = ['-p', String(ports.redis), ...(password === '' ? [] : ['--user', user]), ...command];
  return execFileSync(join(dirname(tools.redis), 'redis-cli'), args, {
    encoding: 'utf8',
    env: { REDISCLI_AUTH: password },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
