import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Astro, createAstro } from '../support/astro.ts';

/** Commands that talk to no platform. */
const ELSEWHERE = ['completion', 'config', 'context', 'dev', 'help', 'otto', 'run', 'telemetry', 'version'];

let astro: Astro;
beforeAll(async () => {
  astro = await createAstro();
});
afterAll(() => astro.remove());

test('docs/cli.md tells of every command of the CLI that talks to the platform', async () => {
  const documented = commandsOf(readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8'));
  const isTold = (command: string) =>
    documented.some((told) => `${told} `.startsWith(`${command} `) || `${command} `.startsWith(`${told} `));
  const commands = await leaves([]);
  expect(commands.length).toBeGreaterThan(80);
  expect(commands.filter((command) => !isTold(command))).toEqual([]);
});

/** The commands below this one that have none below them, as the CLI's help lists them. */
async function leaves(command: readonly string[]): Promise<string[]> {
  const help = await astro.done([...command, '--help']);
  const listed = /Available Commands:\n([\s\S]*?)\n\n/.exec(help)?.[1] ?? '';
  const names = [...listed.matchAll(/^ {2}([\w-]+) /gm)].map(([, name = '']) => name);
  const own = names.filter((name) => command.length > 0 || !ELSEWHERE.includes(name));
  if (own.length === 0) return [command.join(' ')];
  return (await Promise.all(own.map((name) => leaves([...command, name])))).flat();
}

/** The commands of the table's first column: the first of a row is whole, the others differ in its last word. */
function commandsOf(page: string): string[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const [column = ''] = line.slice(1).split(' | ');
      const [first = '', ...others] = [...column.matchAll(/`([a-z][\w -]*)`/g)].map(([, text = '']) =>
        text.replace(/ -.*/, ''),
      );
      const group = first.split(' ').slice(0, -1);
      const isWhole = (text: string) => text.split(' ')[0] === group[0];
      return [first, ...others.map((text) => (isWhole(text) ? text : [...group, text].join(' ')))];
    });
}
