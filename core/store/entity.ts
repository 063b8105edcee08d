import type { boundClient } from './bind.ts';

/** Where an entity's items are. Whose they may be is decided by what the entities are bound to as they are used. */
export interface Storage {
  readonly client: typeof boundClient;
  readonly table: string;
}
