import { retryStale, Stale } from './transact.ts';

/** The answer of an ElectroDB batch, as far as it tells what it found, and whether that is all. */
interface BatchAnswer<T> {
  readonly data: readonly T[];
  readonly unprocessed: readonly unknown[];
}

/**
 * The items of these ids that are there, in the order of the ids, each once. What DynamoDB leaves out under load is
 * asked for again; `what` names an item when it is left out each time.
 */
export async function findBatch<T>(
  what: string,
  ids: readonly string[],
  idOf: (item: T) => string,
  get: (ids: readonly string[]) => Promise<BatchAnswer<T>>,
): Promise<T[]> {
  const unique = [...new Set(ids)];
  const found = await retryStale(async () => {
    const { data, unprocessed } = await get(unique);
    if (unprocessed.length > 0) throw new Stale(what);
    return new Map(data.map((item) => [idOf(item), item]));
  });
  return unique.flatMap((id) => found.get(id) ?? []);
}
