import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from '../../.sst/platform/node_modules/esbuild';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const platform = join(root, '.sst/platform');

/** Bundles a module for Node 24 with the esbuild that SST brings. */
export async function esbuild(options: BuildOptions): Promise<void> {
  const { build }: typeof import('../../.sst/platform/node_modules/esbuild') = createRequire(
    join(platform, 'package.json'),
  )('esbuild');
  await build({
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'silent',
    ...options,
  });
}
