import { z } from 'zod';
import { type FieldError, invalid } from '../../core/errors.ts';
import { parsed } from '../api/field-errors.ts';
import { queryOf } from '../api/query.ts';
import type { RawRequest, Route } from '../api/route.ts';
import { learn, type Middleware, part } from './call.ts';

/** The query that asks for the plan of a request, of every route that has one. */
const DryRun = z.strictObject({ dryRun: z.literal('plan') });

/** Parses path, query and body by the route's schemas; every field that is wrong is named in one answer. */
export function validation(): Middleware {
  return {
    before({ event }) {
      const route = part(event, 'route');
      const wrong: FieldError[] = [];
      const parse = (schema: z.ZodType, value: unknown): unknown => {
        const found = parsed(schema, value);
        wrong.push(...found.wrong);
        return found.data;
      };
      const params = parse(route.params, part(event, 'pathParameters'));
      const { dryRun, ...rest } = queryOf(event.rawQueryString);
      const plans = route.plan !== undefined && dryRun !== undefined;
      if (plans) parse(DryRun, { dryRun });
      const query = parse(route.query, plans ? rest : queryOf(event.rawQueryString));
      const body =
        typeof route.body === 'string'
          ? undefined
          : parse(route.body, jsonBody(route, part(event, 'request'), wrong));
      if (wrong.length > 0) throw invalid(...wrong);
      learn(event, { input: { params, query, body, isDryRun: plans } });
    },
  };
}

function jsonBody(route: Route, { bytes }: RawRequest, wrong: FieldError[]): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const what = bytes.length === 0 ? 'is missing' : 'is not JSON in UTF-8';
    throw invalid(...wrong, {
      field: 'body',
      code: 'invalid_json',
      message: `The body ${what}; ${route.operation} takes a JSON object.`,
    });
  }
}
