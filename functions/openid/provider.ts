import { createHmac } from 'node:crypto';
import Provider, { type ErrorOut, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { ACCESS_TOKEN_SECONDS } from '../../core/openid/access-token.ts';
import type { PlatformSecret } from '../../core/platform/secret.ts';
import type { Environment } from '../environment.ts';
import { explain, log } from '../log.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { accessTokens } from './access-tokens.ts';
import { createAdapter } from './adapter.ts';
import { clients } from './clients.ts';
import { Confirmed } from './confirmed.ts';
import { confirmationPath, paths } from './paths.ts';
import { currentRequest } from './request.ts';

/** Long enough to sign in by a forgotten password's mail. */
const INTERACTION_SECONDS = 30 * 60;
const CODE_SECONDS = 60;
/** A person signs in again once a quarter. */
const GRANT_SECONDS = 90 * 86_400;

/** The OpenID provider at the platform's address: the authorization code flow with PKCE, and refresh tokens. */
export function createProvider({ PUBLIC_URL }: Environment, secret: PlatformSecret): Provider {
  const provider = new Provider(PUBLIC_URL, {
    adapter: createAdapter,
    clients,
    jwks: { keys: secret.signingKeys.map((key) => ({ ...key, use: 'sig', alg: 'EdDSA' })) },
    routes: paths,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      /** The provider's own would not take the platform's tokens. */
      userinfo: { enabled: false },
    },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: {
      keys: [createHmac('sha256', secret.macKey).update('openid cookies').digest()],
      names: { interaction: 'windsock_interaction', resume: 'windsock_resume', session: 'windsock_openid' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: paths.authorization },
    },
    interactions: {
      policy: policy(),
      url: (_, { uid }) => confirmationPath(uid),
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: GRANT_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      RefreshToken: GRANT_SECONDS,
      Session: INTERACTION_SECONDS,
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    /** The CLI asks for `prompt=login`, for which the provider would leave them out. */
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    loadExistingGrant: newGrant,
    findAccount: (_, userId) => accountOf(userId),
    renderError: showError,
  });
  provider.proxy = true;
  provider.use(accessTokens);
  provider.on('server_error', (_, error) => log('error', 'OpenID request failed', { error: explain(error) }));
  return provider;
}

/** Every authorization is confirmed by somebody who is signed in at that moment: the provider's session proves nothing. */
function policy() {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts
    .get('login')
    ?.checks.add(
      new Check('not_confirmed', 'the user has to confirm this sign-in', ({ oidc }) =>
        oidc.result?.login === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
      ),
    );
  return prompts;
}

/** The clients are the platform's own: who confirms a sign-in to one gives it all that it asks for. */
async function newGrant({ oidc }: KoaContextWithOIDC) {
  const { provider, client, session, result } = oidc;
  const confirmed = Confirmed.safeParse(result);
  if (client === undefined || session?.accountId === undefined || !confirmed.success) return undefined;
  currentRequest().generation = confirmed.data.generation;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid email profile offline_access');
  await grant.save();
  return grant;
}

async function accountOf(userId: string) {
  const { services } = currentRequest();
  const { data: user } = await services.globalStore.entities.user.get({ userId }).go({ consistent: true });
  if (user === null) return undefined;
  const claims = { sub: userId, email: user.email, email_verified: true, name: user.fullName };
  return { accountId: userId, claims: async () => claims };
}

/** What a person sees whose program asked wrongly, or who came too late. */
function showError(context: KoaContextWithOIDC, { error, error_description }: ErrorOut): void {
  const { body, headers = {} } = page({
    title: 'This sign-in cannot go on',
    main: html`<h1>This sign-in cannot go on</h1>
<p>${error_description ?? error}</p>
<p>Go back to the program that sent you here, and begin again.</p>`,
  });
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  context.body = body;
}
