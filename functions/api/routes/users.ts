import { z } from 'zod';
import { flag } from '../../../core/page.ts';
import { User, userView } from '../../../core/user/schema.ts';
import { getSelf } from '../../../core/user/self.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

export const users = [
  route({
    operation: 'GetSelfUser',
    method: 'GET',
    path: '/v1/users/self',
    summary: "The token's own user",
    access: { kind: 'authenticated' },
    params: nothing,
    query: z.strictObject({ createIfNotExist: flag.optional() }),
    body: 'none',
    answer: User,
    handle: async (scope, _input, services) => ({ body: userView(await getSelf(scope, services)) }),
  }),
  route({
    operation: 'GetUserInfo',
    method: 'GET',
    path: '/userinfo',
    summary: "The token's user, as OpenID Connect shows it",
    access: { kind: 'authenticated' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.object({ sub: z.string(), email: z.string(), email_verified: z.boolean(), name: z.string() }),
    async handle(scope, _input, services) {
      const { userId, email, fullName } = await getSelf(scope, services);
      return { body: { sub: userId, email, email_verified: true, name: fullName } };
    },
  }),
  route({
    operation: 'GetCliAuthConfig',
    method: 'GET',
    path: '/private/v1alpha1/cli/auth-config',
    summary: 'Where the CLI signs its users in',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.object({ clientId: z.string(), audience: z.string(), domainUrl: z.string() }),
    async handle(_scope, _input, { environment }) {
      const { PUBLIC_URL } = environment;
      return { body: { clientId: 'cli', audience: PUBLIC_URL, domainUrl: `${PUBLIC_URL}/` } };
    },
  }),
];
