import type { Store } from '../store.ts';

/** What the actions work with. */
export interface ActionsOptions {
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called after a change: has it carried out. */
  readonly wake: () => void;
}
