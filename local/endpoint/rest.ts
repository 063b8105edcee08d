import { type Allows, demand } from './grants.ts';
import { jsonFailure, parseJson } from './json.ts';
import type { Service } from './service.ts';
import type { Protocol } from './wire.ts';

/** A REST-JSON service of which one action is served, at one method and path. */
export function restProtocol(
  service: Service,
  route: { readonly method: string; readonly path: string; readonly action: string },
  allows: Allows,
): Protocol {
  const action = service.actions[route.action];
  if (action === undefined) throw new Error(`${service.name} has no action ${route.action}`);
  return {
    claims: (request) => request.method === route.method && request.path === route.path,
    async answer(request) {
      const input = parseJson(request.body);
      demand(
        allows,
        request.principal,
        `${service.name}:${route.action}`,
        service.resources(route.action, input),
      );
      const output = await action(input, { principal: request.principal });
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(output) };
    },
    failure: (_request, failure) => jsonFailure(failure),
  };
}
