import { z } from 'zod';
import { pageHeaders } from '../../pages/page.ts';
import { openApi } from '../openapi/document.ts';
import { documentationPage } from '../openapi/page.ts';
import { type Route, route } from '../route.ts';
import { nothing } from '../shapes.ts';

/** What describes the API: to tools, and to people. It is made when it is first asked for. */
export function description(routes: () => readonly Route[]): readonly Route[] {
  let document: ReturnType<typeof openApi> | undefined;
  let page: string | undefined;
  return [
    route({
      operation: 'GetOpenApi',
      method: 'GET',
      path: '/openapi.json',
      summary: 'The API as an OpenAPI 3.1 document',
      access: { kind: 'public' },
      params: nothing,
      query: nothing,
      body: 'none',
      answer: z.looseObject({ openapi: z.string() }),
      async handle(_scope, _input, { environment }) {
        document ??= openApi(routes(), environment.PUBLIC_URL);
        return { body: document };
      },
    }),
    route({
      operation: 'GetDocumentation',
      method: 'GET',
      path: '/docs',
      summary: 'The API as a page to read',
      access: { kind: 'public' },
      params: nothing,
      query: nothing,
      body: 'none',
      answer: z.string(),
      async handle() {
        page ??= documentationPage(routes());
        return {
          body: page,
          headers: {
            ...pageHeaders,
            'content-security-policy':
              "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
          },
        };
      },
    }),
  ];
}
