import { workersStay } from '../component/service.ts';
import type { Generations, Revision, Spec } from './schema.ts';

/**
 * The generations of a new revision's workers: those of a queue stay as long as they would run the same, and none of
 * them is too many; else the revision of this number starts others, and the older ones end what they run.
 */
export function generationsOf(from: Revision | undefined, to: Spec, number: number): Generations {
  return Object.fromEntries(
    to.workerQueues.map(({ name }) => {
      const present = from?.generations[name];
      const stays = present !== undefined && from !== undefined && workersStay(name, from.spec, to);
      return [name, stays ? present : number];
    }),
  );
}
