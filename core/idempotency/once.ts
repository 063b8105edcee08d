import { z } from 'zod';
import { type ErrorStatus, VisibleError } from '../errors.ts';
import { newId } from '../id.ts';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { leadingKey } from '../store/tenant.ts';
import { begin, inProgress } from './begin.ts';
import { commitOf, settle, withdraw } from './end.ts';
import type { IdempotencyItem } from './entity.ts';
import { fence } from './fence.ts';
import { sealOf } from './seal.ts';

/** An outcome is kept for a day. */
const KEPT_SECONDS = 86_400;
/** By then a try has ended or died: no function of the API runs longer than 29 s. */
const ATTEMPT_SECONDS = 30;

/** A request with an idempotency key. */
export interface KeyedRequest {
  /** Whose data it is about, if anybody's. */
  readonly organizationId: string | undefined;
  /** Who asks: keys of different callers have nothing to do with each other. */
  readonly caller: string;
  readonly key: string;
  /** All of what is asked for. */
  readonly request: string;
}

const Failure = z.object({
  statusCode: z.custom<ErrorStatus>((status) => typeof status === 'number'),
  message: z.string(),
  fieldErrors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })),
});

/**
 * Carries a request out once, however often it comes within a day: what it was answered first, it is answered
 * again. `run` is given services whose every transaction fails once another try has begun; a try that died before
 * its transaction is followed by another, one that died after it never is. What changed nothing and may be asked
 * again (429, 500, a change by somebody else at the same moment, or before it: 412) is no outcome.
 */
export async function once<T>(
  scope: Scope,
  services: Services,
  { organizationId, caller, key, request }: KeyedRequest,
  Reply: z.ZodType<T>,
  run: (services: Services) => Promise<T>,
): Promise<T> {
  const seal = sealOf((await services.platformSecret()).macKey, caller, key);
  const store = organizationId === undefined ? services.globalStore : services.store(organizationId);
  const attempt: IdempotencyItem = {
    owner: organizationId === undefined ? `caller#${caller}` : leadingKey(organizationId),
    keyId: seal.keyId,
    status: 'RUNNING',
    fingerprint: seal.fingerprint(request),
    attempt: newId(),
    attemptUntil: after(scope, ATTEMPT_SECONDS),
    createdAt: timestamp(scope),
    expiresAt: after(scope, KEPT_SECONDS),
    expiryShard: dueShard(seal.keyId),
  };
  const earlier = await begin(scope, store, attempt);
  if (earlier !== undefined) return reveal(Reply, JSON.parse(seal.open(earlier)));
  const guard = fence(services.database, commitOf(store, attempt));
  try {
    const reply = await run(services.through(guard.client));
    if (guard.isShut()) throw inProgress();
    await settle(store, attempt, seal.close(JSON.stringify({ reply })));
    return reply;
  } catch (error) {
    if (guard.isShut()) throw inProgress();
    if (isOutcome(error)) {
      const { statusCode, message, fieldErrors } = error;
      await settle(
        store,
        attempt,
        seal.close(JSON.stringify({ failure: { statusCode, message, fieldErrors } })),
      );
    } else await withdraw(store, attempt);
    throw error;
  }
}

function isOutcome(error: unknown): error is VisibleError {
  return error instanceof VisibleError && error.statusCode < 500 && ![412, 429].includes(error.statusCode);
}

function reveal<T>(
  Reply: z.ZodType<T>,
  outcome: { readonly reply?: unknown; readonly failure?: unknown },
): T {
  if (outcome.failure === undefined) return Reply.parse(outcome.reply);
  const { statusCode, message, fieldErrors } = Failure.parse(outcome.failure);
  throw new VisibleError(statusCode, message, fieldErrors);
}
