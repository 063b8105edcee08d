import { randomInt } from 'node:crypto';
import { isFree } from '../../local/ports.ts';

/** Above the port that the CLI knows, and below those that ECS, the platform and outgoing connections take. */
const FIRST = 9_000;
const SLICE = 30;
const SLICES = 100;

/**
 * The tests of a vitest worker have ports of their own: nobody else takes one while what had it is started again. Those
 * of another run, whose workers have another parent, have others, too.
 */
const slice = FIRST + ((process.ppid + Number(process.env.VITEST_POOL_ID ?? 0)) % SLICES) * SLICE;
let last = randomInt(SLICE);

/** A loopback port that nobody listens on, another one each time. */
export async function freePort(): Promise<number> {
  do last = (last + 1) % SLICE;
  while (!(await isFree(slice + last)));
  return slice + last;
}
