import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portsSchema } from '../../../local/ports.ts';
import { isAlive, processIdentity } from '../../../local/process.ts';
import { createPlatform, type Platform } from '../../support/platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
});
afterAll(() => platform.destroy());

test('is ready, and says so at /healthz', async () => {
  expect(platform.output()).toContain(`Windsock is ready at ${platform.url}`);
  expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
});

test('a second start on the same data folder is told about the first', async () => {
  const second = await createPlatform({ home: platform.home });
  await expect(second.start()).rejects.toThrow(`Windsock already runs on ${platform.home}`);
});

test('a start on a port in use says so and what to do', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const blocked = await createPlatform({ port });
  await expect(blocked.start()).rejects.toThrow(
    `Port ${port} is in use. End the program that has it, or choose`,
  );
  server.close();
  await blocked.destroy();
});

test('a port that is taken on IPv6 alone is in use, too', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '::1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const blocked = await createPlatform({ port });
  await expect(blocked.start()).rejects.toThrow(`Port ${port} is in use.`);
  server.close();
  await blocked.destroy();
});

test('a PORT that is none is told what it must be', () => {
  const start = (PORT: string) =>
    spawnSync(process.execPath, ['local/start.ts', '--empty'], {
      encoding: 'utf8',
      env: { ...process.env, WINDSOCK_HOME: platform.home, PORT },
    });
  expect(start('web').stderr.trim()).toBe('windsock: PORT must be a number, as in PORT=8889 npm start.');
  expect(start('70000')).toMatchObject({ status: 1, stderr: expect.stringContaining('65535 or less') });
});

test('an option that there is not is told, and nothing is started', () => {
  const environment = { ...process.env, WINDSOCK_HOME: platform.home, PORT: String(platform.port) };
  const start = spawnSync(process.execPath, ['local/start.ts', '--emty'], {
    encoding: 'utf8',
    env: environment,
  });
  expect(start).toMatchObject({ status: 1, stdout: '' });
  expect(start.stderr.trim()).toBe(
    "windsock: Unknown option '--emty'. npm start takes one option, which leaves the first journey out: npm start -- --empty",
  );
});

test('a start that fails after a kill -9 leaves the servers that it found', async () => {
  const before = servers();
  await platform.kill();
  const { endpoints } = portsSchema.parse(
    JSON.parse(readFileSync(join(platform.home, 'ports.json'), 'utf8')),
  );
  const taken = createServer().listen(endpoints, '127.0.0.1');
  await once(taken, 'listening');
  await expect(platform.start()).rejects.toThrow(String(endpoints));
  expect(before.map(isAlive)).toEqual(before.map(() => true));
  taken.close();
  await once(taken, 'close');
  await platform.start();
  expect(servers()).toEqual(before);
});

test('after kill -9 the next start finds its servers as they were', async () => {
  const before = servers();
  await platform.kill();
  expect(before.map(isAlive)).toEqual(before.map(() => true));
  await platform.start();
  expect(servers()).toEqual(before);
});

test('Ctrl-C stops everything, and the next start finds the same platform', async () => {
  const token = await platform.operatorToken();
  const before = servers();
  await platform.stop();
  expect(before.map(isAlive)).toEqual(before.map(() => false));
  expect(processesOf(platform.home)).toEqual([]);
  await platform.start();
  expect(await platform.operatorToken()).toBe(token);
});

function servers() {
  const folder = join(platform.home, 'servers');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => processIdentity.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

/** Command lines that name the data folder. */
function processesOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return []; // It ended meanwhile.
      }
    })
    .filter((command) => command.includes(home));
}
