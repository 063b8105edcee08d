import { learn, type Middleware } from './call.ts';

/** The scope of the request: the gateway's time and request id, and nobody yet as its actor. */
export function requestScope(): Middleware {
  return {
    before({ event }) {
      const { requestId, timeEpoch } = event.requestContext;
      learn(event, { scope: { now: new Date(timeEpoch), requestId, actor: { type: 'public' } } });
    },
  };
}
