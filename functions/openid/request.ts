import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scope } from '../../core/scope.ts';
import type { Services } from '../services.ts';

/** What the provider, its adapter above all, knows of the request that it works for. */
export interface OpenidRequest {
  readonly scope: Scope;
  /** Those of this request: what it changes may be fenced. */
  readonly services: Services;
  /** The generation of the user who has confirmed the sign-in that this request goes on with. */
  generation?: number;
  /** The hash of the refresh token that this request has used. */
  usedRefreshToken?: string;
}

/** The provider is made once; which request it works for is found here. */
export const requests = new AsyncLocalStorage<OpenidRequest>();

export function currentRequest(): OpenidRequest {
  const request = requests.getStore();
  if (request === undefined) throw new Error('The OpenID provider works for requests alone');
  return request;
}
