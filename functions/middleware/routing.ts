import { VisibleError } from '../../core/errors.ts';
import type { Router } from '../api/router.ts';
import { learn, type Middleware } from './call.ts';

/** Finds the route of the request; 405 names the methods of a path that has others, and all else is 404. */
export function routing(router: Router): Middleware {
  return {
    before({ event }) {
      const { method } = event.requestContext.http;
      const matched = router.match(method, event.rawPath);
      if (matched === undefined) throw unroutable(router, method, event.rawPath);
      learn(event, { route: matched.route, pathParameters: matched.parameters });
    },
  };
}

function unroutable(router: Router, method: string, path: string): VisibleError {
  const methods = router.methods(path);
  if (methods.length === 0) return new VisibleError(404, `There is no ${method} ${path} here.`);
  const allow = methods.join(', ');
  return new VisibleError(405, `There is no ${method} ${path}; there is ${allow}.`, [], { allow });
}
