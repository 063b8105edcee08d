import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readIfThere, writeWhole } from '../local/files.ts';
import type { Home } from '../local/home.ts';
import { run } from '../local/setup/run.ts';
import type { Tools } from '../local/setup/tools.ts';

const LOCKS = ['runtime/3.3-2/requirements.txt', 'test/requirements.txt'];

/**
 * The Python environment in which `runtime/` is tested and checked: Airflow's lock, the tests' lock, and the
 * package itself from its source. Answers the environment's folder; made when it is missing or a lock changed.
 */
export async function pythonEnvironment(home: Home, tools: Tools): Promise<string> {
  const folder = join(home.root, 'test-environment');
  const marker = join(folder, 'installed');
  const digest = createHash('sha256');
  for (const lock of LOCKS) digest.update(readFileSync(lock));
  const wanted = digest.update(tools.python).digest('hex');
  if (readIfThere(marker) === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  await run(tools.uv, ['venv', '--quiet', '--python', tools.python, folder]);
  const install = [
    'pip',
    'install',
    '--quiet',
    '--python',
    join(folder, 'bin/python'),
    '--cache-dir',
    join(home.images, 'uv-cache'),
  ];
  await run(tools.uv, [
    ...install,
    '--require-hashes',
    '--compile-bytecode',
    ...LOCKS.flatMap((lock) => ['-r', lock]),
  ]);
  await run(tools.uv, [...install, '--no-deps', '--editable', resolve('runtime')]);
  writeWhole(marker, wanted);
  return folder;
}
