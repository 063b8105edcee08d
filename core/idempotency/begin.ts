import { conflict, VisibleError } from '../errors.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Store } from '../store/store.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import type { IdempotencyItem } from './entity.ts';

/**
 * Begins a try of a request, or answers the sealed outcome that it had before. 422 when the key came with another
 * request, 409 while a try of it may still run, and for ever when one was carried out and its answer was lost.
 * A try whose function died before it changed anything is followed by this one.
 */
export async function begin(
  scope: Scope,
  store: Store,
  attempt: IdempotencyItem,
): Promise<string | undefined> {
  const { owner, keyId } = attempt;
  return await retryStale(async () => {
    const { data } = await store.entities.idempotency.get({ owner, keyId }).go({ consistent: true });
    const earlier = data === null || data.expiresAt <= timestamp(scope) ? undefined : data;
    if (earlier !== undefined) {
      if (earlier.fingerprint !== attempt.fingerprint) throw otherRequest();
      if (earlier.outcome !== undefined) return earlier.outcome;
      if (earlier.attemptUntil > timestamp(scope)) throw inProgress();
      if (earlier.status === 'COMMITTED') throw lostAnswer();
    }
    const rejected = await refused(
      store.transaction.write(({ idempotency }) => [
        idempotency
          .put(attempt)
          .where((has, { eq, notExists }) =>
            data === null
              ? notExists(has.attempt)
              : `${eq(has.attempt, data.attempt)} AND ${eq(has.status, data.status)}`,
          )
          .commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale('This request');
    return undefined;
  });
}

/** 409: the same request is being carried out at this moment. */
export function inProgress(): VisibleError {
  const message = 'The request with this Idempotency-Key is still being carried out. Ask again in a moment.';
  return new VisibleError(409, message, [], { 'retry-after': '1' });
}

function otherRequest(): VisibleError {
  const message = 'came with another request before; use a new key for a new request';
  return new VisibleError(422, `Idempotency-Key: ${message}`, [
    { field: 'Idempotency-Key', code: 'key_reused', message },
  ]);
}

function lostAnswer(): VisibleError {
  return conflict(
    'This request was carried out, but its answer was lost. It is not carried out again: look at what is there.',
  );
}
