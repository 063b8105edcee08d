import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { invalid } from '../../core/errors.ts';
import { once } from '../../core/idempotency/once.ts';
import type { Actor } from '../../core/scope.ts';
import { sessionOf } from '../../core/session/cookie.ts';
import { subjectOf } from '../../core/subject.ts';
import { hashOf } from '../../core/token/jwt.ts';
import type { RawRequest, Reply } from '../api/route.ts';
import type { Services } from '../services.ts';
import { part } from './call.ts';

/** A handler's answer as it is kept. */
const KeptReply: z.ZodType<Reply<unknown>> = z.object({
  body: z.unknown().optional(),
  statusCode: z.number().exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  cookies: z.array(z.string()).exactOptional(),
});

/** Calls the handler, and with a key once only: see `once`. */
export async function idempotently(
  services: Services,
  event: APIGatewayProxyEventV2,
  key: string | undefined,
  handle: (services: Services) => Promise<Reply<unknown>>,
): Promise<Reply<unknown>> {
  if (key === undefined) return await handle(services);
  const { url, bytes } = part(event, 'request');
  const { method } = part(event, 'route');
  const scope = part(event, 'scope');
  const { organizationId } = part(event, 'pathParameters');
  const request = {
    organizationId,
    caller: callerOf(scope.actor, part(event, 'request'), services.environment.PUBLIC_URL),
    key,
    request: `${method} ${url} ${Buffer.from(bytes).toString('base64')}`,
  };
  return await once(scope, services, request, KeptReply, handle);
}

/** Who asks; without a token that is a browser, which its address and its session tell from others. */
function callerOf(actor: Actor, { sourceAddress, cookies }: RawRequest, publicUrl: string): string {
  if (actor.type !== 'public') return subjectOf(actor).id;
  return `public ${hashOf(`${sourceAddress}; ${sessionOf(cookies, publicUrl) ?? ''}`)}`;
}

/**
 * The key that a POST gives by the header Idempotency-Key, if any; 400 when it is none. The header is that of
 * draft-ietf-httpapi-idempotency-key-header; its key may be quoted, as a structured header's text is, or bare.
 */
export function keyOf(event: APIGatewayProxyEventV2): string | undefined {
  const header = part(event, 'request').headers['idempotency-key'];
  if (header === undefined || part(event, 'route').method !== 'POST') return undefined;
  const key = /^"?([\x21\x23-\x7e]{1,255}?)"?$/.exec(header)?.[1];
  if (key !== undefined) return key;
  const message = 'must be 1 to 255 letters, digits and signs; a UUID is best';
  throw invalid({ field: 'Idempotency-Key', code: 'invalid_key', message });
}
