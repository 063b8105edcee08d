import inject, { type InjectOptions } from 'light-my-request';
import type Provider from 'oidc-provider';
import type { Scope } from '../../core/scope.ts';
import { generationOf } from '../../core/session/generation.ts';
import type { UserItem } from '../../core/user/entity.ts';
import type { RawRequest, Reply } from '../api/route.ts';
import type { Services } from '../services.ts';
import type { Confirmed } from './confirmed.ts';
import { createProvider } from './provider.ts';
import { requests } from './request.ts';

const providers = new WeakMap<Services['environment'], Promise<Provider>>();

/** The provider of a platform, made by the first request that needs it: whichever services requests have, it is one. */
export function providerOf({ environment, platformSecret }: Services): Promise<Provider> {
  const made =
    providers.get(environment) ?? platformSecret().then((secret) => createProvider(environment, secret));
  providers.set(environment, made);
  made.catch(() => providers.delete(environment));
  return made;
}

/**
 * The provider's answer to a request. It is made for Node's HTTP server, which a function has none of: the request is
 * handed to it as one that such a server would have received at the platform's address.
 */
export async function answerOpenid(
  method: 'GET' | 'POST',
  scope: Scope,
  request: RawRequest,
  services: Services,
): Promise<Reply<string>> {
  const provider = await providerOf(services);
  const received = { ...asReceived(request, services), method, payload: Buffer.from(request.bytes) };
  const response = await requests.run(
    { scope, services },
    async () => await inject(provider.callback(), received),
  );
  const { 'set-cookie': setCookies = [], ...rest } = response.headers;
  return {
    statusCode: response.statusCode,
    headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    cookies: [setCookies].flat(),
    body: response.payload,
  };
}

function asReceived({ url, headers, cookies, sourceAddress }: RawRequest, services: Services): InjectOptions {
  const { host, protocol } = new URL(services.environment.PUBLIC_URL);
  const { 'content-length': _, ...passed } = headers;
  return {
    url,
    remoteAddress: sourceAddress,
    headers: {
      ...passed,
      cookie: cookies.join('; '),
      host,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1),
    },
  };
}

/** A sign-in that a program asked for and that waits for its user. */
export interface PendingSignIn {
  readonly clientId: string;
  /**
   * Lets the program have it as this user, whose session counts, and answers where the browser goes then. What it gives
   * is of the user's generation as it is here: it is gone on with without a session, maybe after that one was ended.
   */
  confirm(user: UserItem): Promise<string>;
}

/**
 * The pending sign-in of this id, in the browser that it began in, which the provider has given a cookie with its
 * signature; undefined elsewhere, and once it has expired.
 */
export async function pendingSignIn(
  scope: Scope,
  request: RawRequest,
  services: Services,
  uid: string,
): Promise<PendingSignIn | undefined> {
  const provider = await providerOf(services);
  if ((await interactionCookie(provider, asReceived(request, services))) !== uid) return undefined;
  const interaction = await requests.run({ scope, services }, () => provider.Interaction.find(uid));
  if (interaction === undefined) return undefined;
  return {
    clientId: String(interaction.params.client_id),
    async confirm(user) {
      const confirmed: Confirmed = { generation: generationOf(user) };
      interaction.result = {
        login: { accountId: user.userId, remember: false },
        consent: {},
        ...confirmed,
      };
      await requests.run({ scope, services }, () => interaction.persist());
      return interaction.returnTo;
    },
  };
}

/** What the interaction's cookie says, if the provider has signed it; else nothing. */
async function interactionCookie(provider: Provider, received: InjectOptions): Promise<string> {
  const { payload } = await inject((request, response) => {
    const { cookies } = provider.createContext(request, response);
    response.end(cookies.get(provider.cookieName('interaction'), { signed: true }) ?? '');
  }, received);
  return payload;
}
