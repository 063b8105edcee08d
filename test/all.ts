/**
 * `npm test`: sets up what is missing, runs every test of both languages, asks every operation of the API for all
 * kinds of things, and closes with the line `N passed, N failed`. With `--checks` the formatters, linters and type
 * checkers count too; `--fuzz-cases` says how many things each operation is asked for.
 */
import { parseArgs } from 'node:util';
import { openHome } from '../local/home.ts';
import { prepare } from '../local/setup/prepare.ts';
import { fuzz } from './fuzz/fuzz.ts';
import { pythonEnvironment } from './python.ts';
import { checks, type Outcome, pytest, vitest } from './suites.ts';

const FUZZ_CASES = '300';

const { values: options } = parseArgs({
  options: { checks: { type: 'boolean' }, 'fuzz-cases': { type: 'string', default: FUZZ_CASES } },
});
const home = openHome(process.env.WINDSOCK_HOME ?? '.windsock');
const { tools } = await prepare(home, '.', console.log);
const environment = await pythonEnvironment(home, tools);

// Much of vitest's time is waiting, which the fuzz uses. Beside the fuzz, some of pytest's tests of draining failed.
const together = await Promise.allSettled([vitest(), fuzz(environment, Number(options['fuzz-cases']))]);
const outcomes = together.map((settled): Outcome => {
  if (settled.status === 'fulfilled') return settled.value;
  console.error(settled.reason);
  return { passed: 0, failed: 1 };
});
outcomes.push(await pytest(environment, tools));
if (options.checks === true) outcomes.push(await checks(environment));

const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
