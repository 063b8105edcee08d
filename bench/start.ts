import { withPlatform } from './support/platform.ts';
import { spread } from './support/statistics.ts';
import { stopwatch } from './support/stopwatch.ts';
import { printTable, say } from './support/table.ts';

/** `npm start` on a data folder that has everything, until `/healthz` answers 200; and Ctrl-C until npm has ended. */
export async function start(rounds: number): Promise<void> {
  await withPlatform(async (platform) => {
    const starts: number[] = [];
    const stops: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const stopping = stopwatch();
      await platform.stop();
      stops.push(stopping());
      const starting = stopwatch();
      await platform.start();
      starts.push(starting());
      say(`  round ${round}: ${starts.at(-1)?.toFixed(1)} s up, ${stops.at(-1)?.toFixed(1)} s down`);
    }
    printTable(
      `A warm start and Ctrl-C, ${rounds} times, seconds`,
      ['', 'least', 'median', 'greatest'],
      [
        ['npm start -> /healthz answers 200', ...spread(starts)],
        ['Ctrl-C -> ended', ...spread(stops)],
      ],
    );
  });
}
