import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { FunctionEntry } from '../../../functions/catalog.ts';
import { createLambdaHost } from '../../../local/lambda/host.ts';
import { functionBundles } from '../../../local/setup/functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'windsock-bundles-'));
const root = join(folder, 'repository');
const made = join(folder, 'functions');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const greet: FunctionEntry = {
  name: 'greet',
  handler: 'functions/greet.ts',
  trigger: { kind: 'step' },
  memory: 128,
  timeout: 5,
  grants: [],
};
plant('package-lock.json', '{}');
plant('core/greeting.ts', greeting('Hello'));
plant('core/wrong.ts', 'export class Wrong extends Error {\n  override name = Wrong.name;\n}\n');
plant(
  'functions/greet.ts',
  `import { greeting } from '../core/greeting.ts';
import { Wrong } from '../core/wrong.ts';
export const handler = async (event: { name?: string }) => {
  if (event.name === undefined) throw new Wrong('nobody');
  return greeting(event.name);
};
`,
);

test('a bundle runs alone, and its stack traces name the sources', async () => {
  const bundles = functionBundles([greet], root, made);
  expect(bundles.exist()).toBe(false);
  await bundles.build();
  expect(bundles.exist()).toBe(true);
  const logged: string[] = [];
  const host = createLambdaHost({
    functions: bundles.functions,
    root: folder,
    environment: {},
    compileCache: join(folder, 'cache'),
    log: (_, line) => logged.push(line),
  });
  expect(await host.invoke('greet', '{"name":"Ada"}')).toEqual({
    status: 'succeeded',
    payload: '"Hello Ada"',
  });
  expect(await host.invoke('greet', '{}')).toMatchObject({ errorType: 'Wrong', errorMessage: 'nobody' });
  expect(logged.join()).toContain(`${join(root, 'functions/greet.ts')}:4:`);
  await host.stop();
});

test('sources that did not change are bundled already; others take their place', async () => {
  const before = functionBundles([greet], root, made);
  expect(before.exist()).toBe(true);
  plant('core/greeting.ts', greeting('Bonjour'));
  const after = functionBundles([greet], root, made);
  expect(after.exist()).toBe(false);
  await after.build();
  expect([before.exist(), after.exist(), readdirSync(made).length]).toEqual([false, true, 1]);
});

test('what does not bundle is told with its place, and leaves nothing that counts as made', async () => {
  plant('core/greeting.ts', "export { greeting } from './nowhere.ts';\n");
  const bundles = functionBundles([greet], root, made);
  await expect(bundles.build()).rejects.toThrow('core/greeting.ts:1:25');
  expect(bundles.exist()).toBe(false);
  plant('core/greeting.ts', greeting('Hello'));
  const mended = functionBundles([greet], root, made);
  await mended.build();
  expect(readdirSync(made)).toHaveLength(1);
});

function greeting(word: string): string {
  return `export const greeting = (name: string): string => \`${word} \${name}\`;\n`;
}

function plant(path: string, source: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), source);
}
