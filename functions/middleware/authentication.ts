import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { unauthenticated } from '../../core/errors.ts';
import { NO_ACCESS } from '../../core/permission/access.ts';
import type { Actor } from '../../core/scope.ts';
import { authenticateToken } from '../../core/token/authenticate.ts';
import type { Services } from '../services.ts';
import { learn, type Middleware, part } from './call.ts';

/** Finds out who calls, by the credential that the route's access asks for; without it, 401. */
export function authentication(services: Services): Middleware {
  async function actorOf(event: APIGatewayProxyEventV2): Promise<Actor> {
    const { access } = part(event, 'route');
    switch (access.kind) {
      case 'public':
      case 'signed-url':
        return { type: 'public' };
      case 'operator':
        demandSecret(bearer(event), (await services.platformSecret()).operatorToken);
        return { type: 'operator' };
      case 'front-door':
        demandSecret(
          event.headers['x-windsock-front-door'],
          (await services.platformSecret()).frontDoorToken,
        );
        return { type: 'system', name: 'front-door' };
      case 'authenticated':
      case 'permission': {
        const caller = await authenticateToken(services, part(event, 'scope').now, bearer(event));
        return { ...caller, access: NO_ACCESS };
      }
    }
  }
  return {
    async before({ event }) {
      const actor = await actorOf(event);
      learn(event, { scope: { ...part(event, 'scope'), actor } });
    },
  };
}

function bearer(event: APIGatewayProxyEventV2): string {
  const match = /^Bearer +(\S+)$/i.exec(event.headers.authorization ?? '');
  if (match?.[1] === undefined) {
    throw unauthenticated('There is no token. Send one in the header `Authorization: Bearer <token>`.');
  }
  return match[1];
}

function demandSecret(shown: string | undefined, expected: string): void {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  if (shown === undefined || !timingSafeEqual(hash(shown), hash(expected))) {
    throw unauthenticated('The credential is not valid.');
  }
}
