import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openImages } from '../../../local/ecs/images.ts';
import { lockHome } from '../../../local/home.ts';
import { installerOf } from '../../../local/setup/install.ts';
import { temporaryHome, tools } from '../support/home.ts';

const { home, remove } = temporaryHome();
const elsewhere = mkdtempSync(join(tmpdir(), 'windsock-images-'));
afterAll(() => {
  remove();
  rmSync(elsewhere, { recursive: true, force: true });
});

test('only its owner may enter the data folder', () => {
  expect(statSync(home.root).mode & 0o777).toBe(0o700);
});

test('a data folder has one runner, and a killed one leaves no lock', async () => {
  const source = `import { lockHome, openHome } from './local/home.ts';
    globalThis.lock = lockHome(openHome(${JSON.stringify(home.root)}));
    console.log('locked');
    setInterval(() => undefined, 1_000);`;
  const runner = spawn(process.execPath, ['--input-type=module', '--eval', source]);
  await once(runner.stdout, 'data');
  expect(() => lockHome(home)).toThrow(`Windsock already runs on ${home.root} (process ${runner.pid})`);
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  lockHome(home).release();
});

test('an image is built once, whoever asks, and runs the package', async () => {
  const { uv, python } = await tools();
  const images = openImages({ folder: home.images, root: '.', uv, python });
  const built = await Promise.all([
    images.build('windsock/runtime:3.3-2'),
    images.build('windsock/runtime:3.3-2'),
  ]);
  expect(built[0]).toEqual(built[1]);
  expect(existsSync(join(built[0].binPath, 'windsock-airflow'))).toBe(true);
});

test('a version that there is not is refused', async () => {
  const { uv, python } = await tools();
  const images = openImages({ folder: elsewhere, root: '.', uv, python });
  expect(images.has('windsock/runtime:3.3-2')).toBe(false);
  for (const version of ['9.9-9', '../3.3-2', '']) {
    await expect(images.build(`windsock/runtime:${version}`)).rejects.toThrow('there is no runtime version');
  }
});

test('an installer that outlived its runner is waited for', async () => {
  const lock = join(elsewhere, 'outlived.lock');
  const orphan = spawn('flock', [lock, 'sh', '-c', 'echo installing; sleep 0.5; echo done >&2'], {
    detached: true,
  });
  await once(orphan.stdout, 'data');
  const order: string[] = [];
  orphan.stderr.once('data', () => order.push('outlived'));
  await installerOf('A program', lock).begin();
  order.push('next');
  expect(order).toEqual(['outlived', 'next']);
});

test('an installation that fails says what to do', async () => {
  const installer = installerOf('A program', join(elsewhere, 'fails.lock'));
  const saying = (text: string) => installer.run('sh', ['-c', `echo '${text}' >&2; exit 1`]);
  await expect(saying('failed to fetch: connection refused')).rejects.toThrow(
    /A program could not be installed\. Does the Python registry answer\? .*HTTPS_PROXY/,
  );
  await expect(saying('No space left on device (os error 28)')).rejects.toThrow(
    /The disk is full\..*WINDSOCK_HOME=/,
  );
});

test('a build that was cut short is made again', async () => {
  const { python } = await tools();
  const broken = openImages({ folder: elsewhere, root: '.', uv: '/nowhere/uv', python });
  await expect(broken.build('windsock/runtime:3.3-2')).rejects.toThrow('Airflow could not be installed');
  expect(broken.has('windsock/runtime:3.3-2')).toBe(false);
});
