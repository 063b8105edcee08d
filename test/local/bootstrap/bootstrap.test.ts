import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'windsock-bootstrap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = 'test/local/bootstrap/echo.ts';

test('runs the file under Node 24 with its arguments and ends as it ends', () => {
  const run = bootstrap({}, ['3', 'two words']);
  expect(JSON.parse(run.stdout)).toEqual({ node: 24, arguments: ['3', 'two words'] });
  expect(run.status).toBe(3);
});

test('passes signals on and ends with the file', async () => {
  const child = spawn('node', ['local/bootstrap.mjs', script, 'wait'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, WINDSOCK_HOME: join(folder, 'home') },
  });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
    if (output === 'waiting\n') child.kill('SIGTERM');
  });
  const status = await new Promise((resolve) => child.on('exit', resolve));
  expect(output).toContain('told SIGTERM');
  expect(status).toBe(7);
});

test.each([
  ["Object.defineProperty(process,'platform',{value:'darwin'})", 'this is darwin on x64'],
  ["Object.defineProperty(process,'arch',{value:'arm64'})", 'this is linux on arm64'],
  ['process.report.getReport=()=>({header:{}})', 'has no glibc'],
  ["process.report.getReport=()=>({header:{glibcVersionRuntime:'2.31'}})", 'this system has 2.31'],
])('a machine that is not supported is told which are: %s', (machine, message) => {
  const run = bootstrap({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(machine)}` });
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/needs Linux on x86-64 with glibc 2\.34 or newer \(Debian 12/);
  expect(run.stderr).toContain(message);
});

test('a machine without Python is told how to get one', () => {
  const run = bootstrap({ PATH: pathWith({}) });
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/Python was not found: "python3" does not run\. Install Python 3\.10 or newer/);
});

test('a Python that is too old is named with its version', () => {
  const run = bootstrap({ PATH: pathWith({ python3: 'echo 3.9' }) });
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(/"python3" is Python 3\.9, which is too old\..*WINDSOCK_PYTHON=/);
});

test('WINDSOCK_PYTHON is used instead of python3', () => {
  const run = bootstrap({ WINDSOCK_PYTHON: '/nowhere/python3.12' });
  expect(run.stderr).toContain('"/nowhere/python3.12" does not run');
});

test('a Python without venv is told which package brings it', () => {
  const python3 = 'case "$2" in *ensurepip*) exit 1;; *) echo 3.12;; esac';
  const run = bootstrap({ PATH: pathWith({ python3 }) });
  expect(run.stderr).toContain('apt-get install python3-venv');
});

test('a data folder that cannot be made is told with its path', () => {
  writeFileSync(join(folder, 'a-file'), '');
  const run = bootstrap({ WINDSOCK_HOME: join(folder, 'a-file/home') });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('a-file/home');
});

test('a full disk is told with its figures and a way out', () => {
  const home = join(folder, 'full');
  const mountAndRun = `mkdir -p ${home} && mount -t tmpfs -o size=1m none ${home} && exec node local/bootstrap.mjs ${script}`;
  const run = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mountAndRun], {
    encoding: 'utf8',
    env: { ...process.env, WINDSOCK_HOME: home },
  });
  expect(run.status).toBe(1);
  expect(run.stderr).toMatch(
    /is full \(0\.00 GB free, 1\.5 GB needed\)\. Free some space, or .*WINDSOCK_HOME=/,
  );
});

/** A PATH of node, npm and what is given, each a shell script's body. */
function pathWith(programs: Readonly<Record<string, string>>): string {
  const bin = mkdtempSync(join(folder, 'bin-'));
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

function bootstrap(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
  return spawnSync('node', ['local/bootstrap.mjs', script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, WINDSOCK_HOME: join(folder, 'home'), ...environment },
  });
}
