import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from './package.json' with { type: 'json' };

const stacks = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * Lays out SST's component sources and Pulumi's packages in `.sst/platform`, which the stacks' types and their
 * test need, from the package registry alone. Does nothing when this SST version is laid out already (8 s and
 * 0.6 GB otherwise). Writes below `.sst/` and `stacks/node_modules/` only.
 */
export function installPlatform(): void {
  const version = manifest.devDependencies.sst;
  const installed = join(repository, '.sst/installed');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === version) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: stacks,
    stdio: 'inherit',
  });
  execFileSync(join(stacks, 'node_modules/.bin/sst'), ['install', '--stage', 'test'], {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, ...homeOfItsOwn() },
  });
  writeFileSync(`${installed}.new`, version);
  renameSync(`${installed}.new`, installed);
}

/**
 * The environment that keeps SST inside the repository. SST downloads Pulumi's engine and bun from vendors' sites
 * when it does not find them: an engine that only tells its version stands in, for laying out sources needs none,
 * and bun comes from the registry.
 */
function homeOfItsOwn(): Record<string, string> {
  const home = join(repository, '.sst/home');
  const bin = join(home, '.config/sst/bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'pulumi'), '#!/bin/sh\necho v3.215.0\n', { mode: 0o755 });
  return {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    SST_BUN_PATH: join(stacks, 'node_modules/@oven/bun-linux-x64/bin/bun'),
    NPM_CONFIG_REGISTRY: execFileSync('npm', ['config', 'get', 'registry'], {
      cwd: stacks,
      encoding: 'utf8',
    }).trim(),
    DO_NOT_TRACK: '1',
  };
}

if (import.meta.main) installPlatform();
