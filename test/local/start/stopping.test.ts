import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createPlatform, type Platform, until } from '../../support/platform.ts';

/** A terminal sends Ctrl-C, and a supervisor SIGTERM, to all processes of the group that `npm start` is in. */
const platforms: Platform[] = [];
let platform: Platform;
beforeEach(async () => {
  platform = await createPlatform();
  platforms.push(platform);
});
afterAll(async () => {
  for (const each of platforms) await each.destroy();
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s in the first journey ends it in order', async (signal) => {
  const child = spawn(process.execPath, ['local/start.ts'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WINDSOCK_HOME: platform.home, PORT: String(platform.port) },
  });
  const ended = once(child, 'exit');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  try {
    await until(async () => child.exitCode !== null || printed.includes('signed up'), {
      seconds: 60,
      what: () => `the journey to begin\n${printed}`,
    });
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  }
  expect(await ended).toEqual([0, null]);
  const lines = printed.slice(printed.indexOf('Stopping ...')).trim().split('\n');
  const isPatience = (line: string) => line.startsWith('Waiting for ');
  expect(lines.filter((line) => !isPatience(line))).toEqual(['Stopping ...', 'Stopped.']);
});
