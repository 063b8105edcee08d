import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from '../../functions/bundle.ts';
import type { FunctionEntry } from '../../functions/catalog.ts';
import { syncFile } from '../files.ts';

/** What a bundle is made of, relative to the repository's folder: the functions, their packages, and this recipe. */
const SOURCES = ['core/**/*.ts', 'functions/**/*.ts', 'local/setup/functions.ts', 'package-lock.json'];

/** The catalog's functions as they are deployed: a bundle each, in a folder named by the digest of its sources. */
export interface FunctionBundles {
  /** The functions, each with its bundle as its handler. */
  readonly functions: readonly FunctionEntry[];
  /** Whether these sources are bundled already. */
  exist(): boolean;
  /** Makes the bundles, whole or not at all, and drops those of other sources. Rejects with esbuild's own message. */
  build(): Promise<void>;
}

/** The bundles below `folder` of the sources in `root` as they are now. */
export function functionBundles(
  functions: readonly FunctionEntry[],
  root: string,
  folder: string,
): FunctionBundles {
  const digest = digestOf(root);
  const made = join(folder, digest);
  return {
    functions: functions.map((entry) => ({ ...entry, handler: join(made, `${entry.name}.cjs`) })),
    exist: () => existsSync(made),
    async build() {
      rmSync(folder, { recursive: true, force: true });
      const making = join(folder, `${digest}.${process.pid}.new`);
      mkdirSync(making, { recursive: true, mode: 0o700 });
      await esbuild(root, functions, making);
      for (const name of readdirSync(making)) syncFile(join(making, name));
      renameSync(making, made);
      syncFile(folder);
    },
  };
}

function digestOf(root: string): string {
  const hash = createHash('sha256');
  for (const path of globSync(SOURCES, { cwd: root }).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** Bundles as SST does, and with source maps, by which a stack trace names the TypeScript. */
async function esbuild(root: string, functions: readonly FunctionEntry[], folder: string): Promise<void> {
  const binary = createRequire(import.meta.url).resolve('@esbuild/linux-x64/bin/esbuild');
  await promisify(execFile)(
    binary,
    [
      ...functions.map(({ name, handler }) => `${name}=${handler}`),
      `--outdir=${folder}`,
      '--out-extension:.js=.cjs',
      '--bundle',
      '--platform=node',
      '--target=node24',
      '--main-fields=module,main',
      `--format=${bundle.format}`,
      '--minify',
      '--keep-names',
      '--sourcemap',
      '--sources-content=false',
      '--log-level=warning',
    ],
    { cwd: root },
  );
}
