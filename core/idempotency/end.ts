import type { Store } from '../store/store.ts';
import { refused } from '../store/transact.ts';
import type { IdempotencyItem } from './entity.ts';
import type { Update } from './fence.ts';

/** What every transaction of a try does beside its own: it says that the command was carried out. */
export function commitOf({ entities }: Store, { owner, keyId, attempt }: IdempotencyItem): Update {
  return entities.idempotency
    .patch({ owner, keyId })
    .set({ status: 'COMMITTED' })
    .where((has, { eq }) => eq(has.attempt, attempt))
    .params<Update>();
}

/** Keeps the outcome of a try, unless another one has begun. */
export async function settle(
  store: Store,
  { owner, keyId, attempt }: IdempotencyItem,
  outcome: string,
): Promise<void> {
  await refused(
    store.transaction.write(({ idempotency }) => [
      idempotency
        .patch({ owner, keyId })
        .set({ status: 'ANSWERED', outcome })
        .where((has, { eq }) => eq(has.attempt, attempt))
        .commit(),
    ]),
  );
}

/** Lets the request be tried again at once, unless it was carried out. */
export async function withdraw(store: Store, { owner, keyId, attempt }: IdempotencyItem): Promise<void> {
  await refused(
    store.transaction.write(({ idempotency }) => [
      idempotency
        .delete({ owner, keyId })
        .where((has, { eq }) => `${eq(has.attempt, attempt)} AND ${eq(has.status, 'RUNNING')}`)
        .commit(),
    ]),
  );
}
