import { z } from 'zod';
import type { Scope } from '../../../core/scope.ts';
import { clients } from '../../openid/clients.ts';
import { confirmationPath, paths } from '../../openid/paths.ts';
import { confirmSignInPage, lateSignInPage } from '../../pages/confirm-sign-in.ts';
import { leadTo } from '../../pages/page.ts';
import { sentByThisSite } from '../../pages/sent-by-this-site.ts';
import type { Services } from '../../services.ts';
import { type RawRequest, type Reply, route } from '../route.ts';
import { nothing } from '../shapes.ts';
import { signedIn } from '../signed-in.ts';

/** The provider is loaded by the first request that needs it: no other request waits for its code. */
const openid = () => import('../../openid/answer.ts');

/** A route that the OpenID provider answers, and checks what it is sent. */
function provided(
  operation: string,
  method: 'GET' | 'POST',
  path: `/${string}`,
  summary: string,
  params: z.ZodType = nothing,
) {
  return route({
    operation,
    method,
    path,
    summary,
    access: { kind: 'public' },
    params,
    query: z.looseObject({}),
    body: 'raw',
    answer: z.string(),
    handle: async (scope, { request }, services) =>
      (await openid()).answerOpenid(method, scope, request, services),
  });
}

const ofSignIn = z.strictObject({ uid: z.string() });

/** Shows the page to confirm at, or does what it was sent for. Whoever is not signed in signs in first. */
async function confirm(
  scope: Scope,
  uid: string,
  request: RawRequest,
  services: Services,
  isSent: boolean,
): Promise<Reply<string>> {
  const pending = await (await openid()).pendingSignIn(scope, request, services, uid);
  if (pending === undefined) return lateSignInPage;
  const here = confirmationPath(uid);
  const user = await signedIn(scope, request, services);
  if (user === undefined) return leadTo(`/signin?next=${encodeURIComponent(here)}`);
  if (isSent && sentByThisSite(request.headers, services.environment.PUBLIC_URL)) {
    return leadTo(await pending.confirm(user));
  }
  const client = clients.find(({ client_id }) => client_id === pending.clientId);
  return confirmSignInPage(here, client?.client_name ?? pending.clientId, user.email);
}

export const openidRoutes = [
  provided(
    'GetOpenidConfiguration',
    'GET',
    '/.well-known/openid-configuration',
    'What the OpenID provider offers, and where',
  ),
  provided('GetOpenidKeys', 'GET', paths.jwks, 'The keys that ID tokens are signed with'),
  provided(
    'Authorize',
    'GET',
    paths.authorization,
    'Begin a sign-in to a program (OpenID Connect, with PKCE)',
  ),
  provided(
    'ResumeAuthorize',
    'GET',
    `${paths.authorization}/{uid}`,
    'Go on with a sign-in that was confirmed: leads back to the program',
    ofSignIn,
  ),
  provided('ExchangeToken', 'POST', paths.token, 'Exchange a code or a refresh token for tokens'),
  provided('RevokeToken', 'POST', paths.revocation, 'Revoke a refresh token and all that hangs on it'),
  route({
    operation: 'ShowConfirmSignIn',
    method: 'GET',
    path: `${paths.authorization}/{uid}/confirm`,
    summary: 'A page: whether a program may act as you',
    access: { kind: 'public' },
    params: ofSignIn,
    query: nothing,
    body: 'none',
    answer: z.string(),
    handle: (scope, { params, request }, services) => confirm(scope, params.uid, request, services, false),
  }),
  route({
    operation: 'ConfirmSignIn',
    method: 'POST',
    path: `${paths.authorization}/{uid}/confirm`,
    summary: 'Lets a program act as you: its page was sent',
    access: { kind: 'public' },
    params: ofSignIn,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    handle: (scope, { params, request }, services) => confirm(scope, params.uid, request, services, true),
  }),
];
