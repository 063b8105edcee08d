import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../local/files.ts';
import type { Tools } from '../local/setup/tools.ts';

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** Every vitest project. An error outside of any test counts as one failed. */
export async function vitest(): Promise<Outcome> {
  return withReport('vitest.json', async (report) => {
    const args = ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const ended = await program('npx', args);
    const text = readIfThere(report);
    if (text === undefined) return { passed: 0, failed: 1 };
    const counts = z.object({ numPassedTests: z.int(), numFailedTests: z.int() }).parse(JSON.parse(text));
    return outcome(counts.numPassedTests, counts.numFailedTests, ended);
  });
}

/** The Python package's tests, in its environment. */
export async function pytest(environment: string, tools: Tools): Promise<Outcome> {
  return withReport('pytest.xml', async (report) => {
    const ended = await program(
      join(environment, 'bin/python'),
      ['-m', 'pytest', `--junitxml=${report}`],
      'runtime',
      { WINDSOCK_REDIS_SERVER: tools.redis },
    );
    const suite = /<testsuite [^>]*>/.exec(readIfThere(report) ?? '')?.[0];
    if (suite === undefined) return { passed: 0, failed: 1 };
    const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = count('errors') + count('failures');
    return outcome(count('tests') - failed - count('skipped'), failed, ended);
  });
}

/** Formatters, linters and type checkers of both languages; each is one. */
export async function checks(environment: string): Promise<Outcome> {
  const ruff = join(environment, 'bin/ruff');
  const python = ['runtime', 'local/ecs', 'test'];
  const commands: [string, ...string[]][] = [
    ['npm', 'run', 'check'],
    [ruff, 'check', ...python],
    [ruff, 'format', '--check', ...python],
    ['npx', 'pyright', '--project', 'runtime', '--pythonpath', join(environment, 'bin/python')],
  ];
  let failed = 0;
  for (const [file, ...args] of commands) {
    console.log(`\n$ ${file} ${args.join(' ')}`);
    if ((await program(file, args)) !== 0) failed += 1;
  }
  return { passed: commands.length - failed, failed };
}

function outcome(passed: number, failed: number, exitCode: number): Outcome {
  return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed };
}

async function withReport(name: string, suite: (report: string) => Promise<Outcome>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'windsock-report-'));
  try {
    return await suite(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program with this one's output and answers its exit code. */
function program(
  file: string,
  args: readonly string[],
  cwd = '.',
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
