import { z } from 'zod';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

export const health = [
  route({
    operation: 'GetHealth',
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the API is ready',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.object({ status: z.literal('ok') }),
    handle: async () => ({ body: { status: 'ok' as const } }),
  }),
];
