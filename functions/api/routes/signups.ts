import { z } from 'zod';
import { Signup, SignupRequest, VerifiedSignup, VerifyRequest } from '../../../core/signup/schema.ts';
import { startSignup } from '../../../core/signup/start.ts';
import { verifySignup } from '../../../core/signup/verify.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

export const signups = [
  route({
    operation: 'CreateSignup',
    method: 'POST',
    path: '/v1alpha1/signups',
    summary: 'Sign up: a mail with a code goes to the address',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: SignupRequest,
    answer: Signup,
    handle: async (scope, { body, request }, services) => ({
      body: await startSignup(scope, services, body, request.sourceAddress),
    }),
  }),
  route({
    operation: 'VerifySignup',
    method: 'POST',
    path: '/v1alpha1/signups/{signupId}/verify',
    summary:
      "Verify a sign-up by its mail's code: makes the user, the organization on its trial and a workspace",
    access: { kind: 'public' },
    params: z.strictObject({ signupId: z.string() }),
    query: nothing,
    body: VerifyRequest,
    answer: VerifiedSignup,
    handle: async (scope, { params, body }, services) => ({
      body: await verifySignup(scope, services, params.signupId, body.code),
    }),
  }),
];
