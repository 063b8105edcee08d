import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windsock-arrows-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(file, join(folder, file));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  plant('core/clock.ts', 'export const now = 1;\n');
  plant('functions/api.ts', "import { now } from '../core/clock.ts';\nexport const answer = now;\n");
  plant('local/start.ts', "import { now } from '../core/clock.ts';\nexport const started = now;\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('dependencies that point inward pass, and are seen', () => {
  const cruise = depcruise();
  expect(cruise.stdout).toContain('3 modules, 2 dependencies');
  expect(cruise.status).toBe(0);
});

test.each([
  [
    'core-imports-nobody',
    'core/bad.ts',
    "import { answer } from '../functions/api.ts';\nexport const a = answer;\n",
  ],
  ['core-imports-nobody', 'core/bad.ts', "import type { T } from '../local/types.ts';\nexport type A = T;\n"],
  ['functions-import-core-only', 'functions/bad.ts', "export { started } from '../local/start.ts';\n"],
  [
    'local-reaches-functions-by-the-catalog-alone',
    'local/bad.ts',
    "export { answer } from '../functions/api.ts';\n",
  ],
  ['not-to-unresolvable', 'core/bad.ts', "export { a } from './missing.ts';\n"],
])('a violation of %s fails', (rule, file, source) => {
  plant('local/types.ts', 'export type T = string;\n');
  plant(file, source);
  const cruise = depcruise();
  expect(cruise.stdout).toContain(rule);
  expect(cruise.status).not.toBe(0);
});

function plant(path: string, source: string) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), source);
}

/** The same command as in `npm run check`, in the planted folder. */
function depcruise() {
  const depcruise = resolve('node_modules/.bin/depcruise');
  return spawnSync(depcruise, ['--config', '.dependency-cruiser.cjs', 'core', 'functions', 'local'], {
    cwd: folder,
    encoding: 'utf8',
  });
}
