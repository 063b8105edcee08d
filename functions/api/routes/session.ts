import { z } from 'zod';
import { sessionOf } from '../../../core/session/cookie.ts';
import { endSession } from '../../../core/session/end.ts';
import { Authorized, AuthorizeRequest, authorizeFrontDoor } from '../../../core/session/front-door.ts';
import { createSigninLink } from '../../../core/session/link.ts';
import { localPath } from '../../../core/session/local-path.ts';
import { signIn } from '../../../core/session/sign-in.ts';
import { formPage, submitted } from '../../pages/form.ts';
import { sentByThisSite } from '../../pages/sent-by-this-site.ts';
import { signedInTo, signedOut } from '../../pages/session.ts';
import { signInForm } from '../../pages/sign-in.ts';
import { signOutPage } from '../../pages/sign-out.ts';
import type { Services } from '../../services.ts';
import { type RawRequest, type Reply, route } from '../route.ts';
import { nothing } from '../shapes.ts';
import { signInByLink } from '../sign-in-by-link.ts';

/** What `Sec-Fetch-Site` says of a link on a page of this address, and of an address that was typed. */
const OWN_WAYS = ['same-origin', 'none'];

const signInQuery = z.strictObject({ next: z.string().optional(), token: z.string().optional() });

async function signOut(request: RawRequest, services: Services): Promise<Reply<string>> {
  const { PUBLIC_URL } = services.environment;
  const session = sessionOf(request.cookies, PUBLIC_URL);
  if (session !== undefined) await endSession(services, session);
  return signedOut(PUBLIC_URL);
}

export const session = [
  route({
    operation: 'CreateSigninLink',
    method: 'POST',
    path: '/v1alpha1/signin-links',
    summary: "A link that signs the token's user in once, in a browser",
    access: { kind: 'authenticated' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.object({ url: z.string(), expiresAt: z.string() }),
    handle: async (scope, _input, services) => ({ body: await createSigninLink(scope, services) }),
  }),
  route({
    operation: 'ShowSignIn',
    method: 'GET',
    path: '/signin',
    summary:
      'A page: sign in with a password, or at once by a one-time token; whom a page led here, or who is signed in as somebody else, is asked first',
    access: { kind: 'public' },
    params: nothing,
    query: signInQuery,
    body: 'none',
    answer: z.string(),
    handle: async (scope, { query: { token, next }, request }, services) =>
      token === undefined
        ? formPage(signInForm(next))
        : await signInByLink(scope, { token, next }, request, services, false),
  }),
  route({
    operation: 'SignIn',
    method: 'POST',
    path: '/signin',
    summary: 'Signs the browser in by e-mail address and password, or by a one-time token: its page was sent',
    access: { kind: 'public' },
    params: nothing,
    query: signInQuery,
    body: 'raw',
    answer: z.string(),
    async handle(scope, { query: { token, next }, request }, services) {
      if (token !== undefined) return await signInByLink(scope, { token, next }, request, services, true);
      const { PUBLIC_URL } = services.environment;
      return await submitted(signInForm(next), request, PUBLIC_URL, async (fields) => {
        const { sourceAddress } = request;
        const begun = await signIn(scope, services, { ...fields, sourceAddress });
        return signedInTo(localPath(next), begun, PUBLIC_URL);
      });
    },
  }),
  route({
    operation: 'FollowSignOut',
    method: 'GET',
    path: '/signout',
    summary:
      "Ends the browser's session and leads to the sign-in page; whom a page of another address sent here is asked first",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.string(),
    handle: async (_scope, { request }, services) =>
      OWN_WAYS.includes(request.headers['sec-fetch-site'] ?? '')
        ? await signOut(request, services)
        : signOutPage,
  }),
  route({
    operation: 'SignOut',
    method: 'POST',
    path: '/signout',
    summary: "Ends the browser's session and leads to the sign-in page: its page was sent",
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    handle: async (_scope, { request }, services) =>
      sentByThisSite(request.headers, services.environment.PUBLIC_URL)
        ? await signOut(request, services)
        : signOutPage,
  }),
  route({
    operation: 'AuthorizeFrontDoor',
    method: 'POST',
    path: '/private/v1alpha1/front-door/authorize',
    summary: "Who may come in at a deployment's front door, and as what",
    access: { kind: 'front-door' },
    params: nothing,
    query: nothing,
    body: AuthorizeRequest,
    answer: Authorized,
    handle: async (scope, { body }, services) => ({ body: await authorizeFrontDoor(scope, services, body) }),
  }),
];
