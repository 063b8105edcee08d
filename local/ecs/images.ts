import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeWhole } from '../files.ts';
import { type FileLock, tryLock } from '../lock.ts';
import { installerOf } from '../setup/install.ts';
import type { Image } from './container.ts';

export interface ImagesOptions {
  /** Where images are kept, a folder a digest. */
  readonly folder: string;
  /** The repository's folder, which holds `runtime/`. */
  readonly root: string;
  readonly uv: string;
  /** The Python that images are made with. */
  readonly python: string;
}

export interface Images {
  /** Whether this reference, `windsock/runtime:3.3-2`, is built. Throws for a version that there is not. */
  has(reference: string): boolean;
  /** Builds the image unless it is there; one process builds, others wait for it. */
  build(reference: string): Promise<Image>;
  /** The built image of a reference. Throws when there is none. */
  resolve(reference: string): Image;
}

/**
 * Images of one machine: Python environments, each named by the digest of all that it is made of (the version's
 * lock, the runtime package, the Python). A folder with its `complete` file is whole.
 */
export function openImages({ root, uv, python, ...options }: ImagesOptions): Images {
  const runtime = resolve(root, 'runtime');
  // Its programs name their interpreter by its full path, which must outlive a link to the folder.
  const folder = realpathSync(options.folder);

  function place(reference: string) {
    const version = reference.slice(reference.lastIndexOf(':') + 1);
    const lock = join(runtime, version, 'requirements.txt');
    if (!/^\d+\.\d+-\d+$/.test(version) || !existsSync(lock)) {
      throw new Error(`there is no runtime version ${version} (image ${reference})`);
    }
    const environment = join(folder, digestOf([lock, ...packageFiles(runtime)], python));
    return { lock, environment, complete: join(environment, 'complete') };
  }

  function image(environment: string): Image {
    return { binPath: join(environment, 'bin'), environment: { VIRTUAL_ENV: environment } };
  }

  return {
    has: (reference) => existsSync(place(reference).complete),
    resolve(reference) {
      const { environment, complete } = place(reference);
      if (existsSync(complete)) return image(environment);
      throw new Error(`image ${reference} is not built`);
    },
    async build(reference) {
      const { lock, environment, complete } = place(reference);
      if (existsSync(complete)) return image(environment);
      const building = await waitForLock(join(folder, 'building.lock'));
      try {
        if (!existsSync(complete)) {
          await install(lock, environment);
          writeWhole(complete, '');
        }
        return image(environment);
      } finally {
        building.release();
      }
    },
  };

  async function install(lock: string, environment: string): Promise<void> {
    const settings = { UV_CACHE_DIR: join(folder, 'uv-cache'), UV_PYTHON_DOWNLOADS: 'never' };
    const pip = ['pip', 'install', '--quiet', '--python', join(environment, 'bin/python')];
    const installer = installerOf('Airflow', join(folder, 'installing.lock'));
    await installer.begin();
    rmSync(environment, { recursive: true, force: true });
    await installer.run(uv, ['venv', '--quiet', '--python', python, environment], settings);
    await installer.run(uv, [...pip, '--require-hashes', '--compile-bytecode', '-r', lock], settings);
    await installer.run(uv, [...pip, '--no-deps', '--compile-bytecode', runtime], settings);
  }
}

function digestOf(files: readonly string[], python: string): string {
  const digest = createHash('sha256').update(python);
  for (const file of files) digest.update(readFileSync(file)).update('\0');
  return digest.digest('hex').slice(0, 32);
}

function packageFiles(runtime: string): string[] {
  const sources = readdirSync(join(runtime, 'windsock_airflow'), { recursive: true, encoding: 'utf8' });
  const files = sources.filter((name) => name.endsWith('.py')).sort();
  return [join(runtime, 'pyproject.toml'), ...files.map((name) => join(runtime, 'windsock_airflow', name))];
}

async function waitForLock(path: string): Promise<FileLock> {
  for (;;) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    await delay(200);
  }
}
