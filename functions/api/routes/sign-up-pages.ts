import { z } from 'zod';
import { beginSession } from '../../../core/session/begin.ts';
import { localPath } from '../../../core/session/local-path.ts';
import { startSignup } from '../../../core/signup/start.ts';
import { verifySignup } from '../../../core/signup/verify.ts';
import { formPage, submitted } from '../../pages/form.ts';
import { leadTo } from '../../pages/page.ts';
import { signedInTo } from '../../pages/session.ts';
import { signUpForm, verifyForm } from '../../pages/sign-up.ts';
import { route } from '../route.ts';
import { nothing } from '../shapes.ts';

const ofSignup = z.strictObject({ signupId: z.string() });

export const signUpPages = [
  route({
    operation: 'ShowSignUp',
    method: 'GET',
    path: '/signup',
    summary: 'A page: sign up',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.string(),
    handle: async () => formPage(signUpForm),
  }),
  route({
    operation: 'SignUp',
    method: 'POST',
    path: '/signup',
    summary: 'Begins a sign-up, whose code goes out by mail: its page was sent',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    handle: (scope, { request }, services) =>
      submitted(signUpForm, request, services.environment.PUBLIC_URL, async (fields) => {
        const { id } = await startSignup(scope, services, fields, request.sourceAddress);
        return leadTo(`/signup/${id}`);
      }),
  }),
  route({
    operation: 'ShowVerify',
    method: 'GET',
    path: '/signup/{signupId}',
    summary: "A page: enter the code of the sign-up's mail",
    access: { kind: 'public' },
    params: ofSignup,
    query: nothing,
    body: 'none',
    answer: z.string(),
    handle: async (_scope, { params }) => formPage(verifyForm(params.signupId)),
  }),
  route({
    operation: 'Verify',
    method: 'POST',
    path: '/signup/{signupId}',
    summary: 'Verifies a sign-up by its code and signs the browser in: its page was sent',
    access: { kind: 'public' },
    params: ofSignup,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    handle: (scope, { params: { signupId }, request }, services) =>
      submitted(verifyForm(signupId), request, services.environment.PUBLIC_URL, async ({ code }) => {
        const { user } = await verifySignup(scope, services, signupId, code);
        const begun = await beginSession(scope, services, { userId: user.id });
        return signedInTo(localPath(undefined), begun, services.environment.PUBLIC_URL);
      }),
  }),
];
