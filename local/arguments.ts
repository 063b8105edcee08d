import { parseArgs } from 'node:util';

const USAGE = 'npm start takes one option, which leaves the first journey out: npm start -- --empty';

/** What `npm start` is told behind its `--`. Throws, naming what it does not take. */
export function readArguments(args: readonly string[]): { readonly empty: boolean } {
  try {
    return parseArgs({ args: [...args], options: { empty: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    // Node's first sentence says what is wrong; those after it advise on how other programs are called.
    const [wrong] = error instanceof Error ? error.message.split('. ') : [];
    throw new Error(`${wrong}. ${USAGE}`);
  }
}
