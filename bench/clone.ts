import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../test/support/platform.ts';
import { freePort, npmStart, repository } from './support/platform.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable } from './support/table.ts';

/** A line of `npm start` that tells a time: its title and its seconds. */
const TIMED = /^\s*(.+?):?\s+(?:done in |installed in |\()?(\d+\.\d) s\)?$/;
const LAST = 'from sign-up to a DAG that ran';

/**
 * Clones the repository's last commit and runs `npm start` there on an empty data folder, as the first person does:
 * all that it downloads comes from the registries that npm and pip are set to. The times are those it prints.
 */
export async function clone(rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'windsock-clone-'));
    try {
      await cloneInto(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function cloneInto(folder: string): Promise<void> {
  const elapsed = stopwatch();
  const checkout = join(folder, 'windsock');
  execFileSync('git', ['clone', '--quiet', repository, checkout]);
  const place = { folder: checkout, home: join(checkout, '.windsock'), port: await freePort() };
  const npm = npmStart([], place);
  try {
    await until(
      async () => {
        if (npm.hasEnded()) throw new Error(`npm start has ended:\n${npm.output()}`);
        return npm.output().includes(LAST);
      },
      { seconds: 900, what: () => `the journey to end\n${npm.output()}` },
    );
    const whole = elapsed();
    const rows = npm
      .output()
      .split('\n')
      .flatMap((line) => {
        const [, title, seconds] = TIMED.exec(line) ?? [];
        return title === undefined || seconds === undefined ? [] : [[title, seconds]];
      });
    printTable(
      'npm start on a bare clone, seconds',
      ['', 'seconds'],
      [...rows, ['git clone -> a DAG ran', whole.toFixed(1)]],
    );
  } finally {
    await npm.interrupt();
  }
}
