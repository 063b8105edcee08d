import { z } from 'zod';
import { VisibleError } from '../../../core/errors.ts';
import { leadTo } from '../../pages/page.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

export const home = [
  route({
    operation: 'ShowHome',
    method: 'GET',
    path: '/',
    summary:
      'Leads a browser to its account, or to the sign-in page; tells a program where the API is described',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.string(),
    async handle(_scope, { request }, { environment }) {
      if (request.headers.accept?.includes('text/html') === true) return leadTo('/account');
      throw new VisibleError(
        404,
        `There is nothing here for programs: the API is described at ${environment.PUBLIC_URL}/openapi.json. In a browser this address leads to the pages.`,
      );
    },
  }),
];
