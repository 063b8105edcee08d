import { z } from 'zod';
import { flag } from '../../../core/page.ts';
import { SelfUser, userView } from '../../../core/user/schema.ts';
import { getSelf, rolesOfSelf } from '../../../core/user/self.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

export const users = [
  route({
    operation: 'GetSelfUser',
    method: 'GET',
    path: '/v1/users/self',
    summary: "The token's own user, with the roles that they hold themselves",
    access: { kind: 'authenticated' },
    params: nothing,
    query: z.strictObject({ createIfNotExist: flag.optional() }),
    body: 'none',
    answer: SelfUser,
    async handle(scope, _input, services) {
      const self = await getSelf(scope, services);
      const roles = await rolesOfSelf(services, self);
      return { body: { ...userView(self), organizationId: self.organizationIds[0], roles } };
    },
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
