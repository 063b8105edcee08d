import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { tooMany, VisibleError } from '../../core/errors.ts';
import { type Buckets, createBuckets } from '../../core/rate/buckets.ts';
import type { Actor } from '../../core/scope.ts';
import type { Services } from '../services.ts';
import { known, type Middleware, part } from './call.ts';

/** Requests of one caller a second, as the reference service limits them. Uploads have limits of their own. */
const PER_SECOND = { GET: 25, POST: 10, DELETE: 5 } as const;
/** A caller that was quiet may send so many seconds' worth at once. */
const BURST_SECONDS = 10;

/**
 * Limits how often one token, or without a valid one the same address, asks: 429 with the seconds to wait. A request
 * whose credential was refused counts for its address once that is known, apart from the others: it keeps neither a
 * valid token waiting nor who signs in there. Each instance of the function counts for itself. The platform's own parts
 * are not limited.
 */
export function rateLimit({ environment }: Services): Middleware {
  const limits = new Map<string, Limit>(
    Object.entries(PER_SECOND).map(([method, rate]) => [
      method,
      limitOf(rate * environment.RATE_LIMIT_FACTOR),
    ]),
  );
  /** The refusal of this request, when its caller has sent too many. */
  function refusal(event: APIGatewayProxyEventV2, caller: string | undefined): VisibleError | undefined {
    const { method } = part(event, 'route');
    const { now } = part(event, 'scope');
    const limit = limits.get(method);
    if (limit === undefined || caller === undefined) return undefined;
    const seconds = Math.ceil(limit.take(caller, now));
    if (seconds === 0) return undefined;
    const rate = `${limit.perSecond} ${method} requests a second`;
    return tooMany(`There were more than ${rate}. Send this again in ${seconds} s.`, seconds);
  }
  return {
    before({ event }) {
      const { actor } = part(event, 'scope');
      const refused = refusal(event, callerOf(actor, part(event, 'request').sourceAddress));
      if (refused !== undefined) throw refused;
    },
    onError(request) {
      if (isUnauthenticated(request.event, request.error)) {
        const { sourceAddress } = part(request.event, 'request');
        request.error = refusal(request.event, `refused ${sourceAddress}`) ?? request.error;
      }
    },
  };
}

/** Whether the credential was refused that the route asks for: nobody is known to call, though somebody has to be. */
function isUnauthenticated(event: APIGatewayProxyEventV2, error: unknown): boolean {
  const { route, scope } = known(event);
  const isOpen = route?.access.kind === 'public' || route?.access.kind === 'signed-url';
  const isNobody = scope?.actor.type === 'public';
  return error instanceof VisibleError && error.statusCode === 401 && isNobody && !isOpen;
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
