import { tooMany } from '../../core/errors.ts';
import { type Buckets, createBuckets } from '../../core/rate/buckets.ts';
import type { Actor } from '../../core/scope.ts';
import type { Services } from '../services.ts';
import { type Middleware, part } from './call.ts';

/** Requests of one caller a second, as the reference service limits them. Uploads have limits of their own. */
const PER_SECOND = { GET: 25, POST: 10, DELETE: 5 } as const;
/** A caller that was quiet may send so many seconds' worth at once. */
const BURST_SECONDS = 10;

/**
 * Limits how often one token, or without one the same address, asks: 429 with the seconds to wait. Each instance of
 * the function counts for itself. The platform's own parts are not limited.
 */
export function rateLimit({ environment }: Services): Middleware {
  const limits = new Map<string, Limit>(
    Object.entries(PER_SECOND).map(([method, rate]) => [
      method,
      limitOf(rate * environment.RATE_LIMIT_FACTOR),
    ]),
  );
  return {
    before({ event }) {
      const { method } = part(event, 'route');
      const { now, actor } = part(event, 'scope');
      const limit = limits.get(method);
      const caller = callerOf(actor, part(event, 'request').sourceAddress);
      if (limit === undefined || caller === undefined) return;
      const seconds = Math.ceil(limit.take(caller, now));
      if (seconds === 0) return;
      const rate = `${limit.perSecond} ${method} requests a second`;
      throw tooMany(`There were more than ${rate}. Send this again in ${seconds} s.`, seconds);
    },
  };
}

interface Limit extends Buckets {
  readonly perSecond: number;
}

function limitOf(perSecond: number): Limit {
  return { perSecond, ...createBuckets({ perSecond, burst: perSecond * BURST_SECONDS }) };
}

function callerOf(actor: Actor, sourceAddress: string): string | undefined {
  switch (actor.type) {
    case 'user':
    case 'apiToken':
      return actor.tokenId;
    case 'public':
      return sourceAddress;
    case 'operator':
    case 'system':
      return undefined;
  }
}
