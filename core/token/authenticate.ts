import { noteUse } from '../api-token/use.ts';
import { createCache } from '../cache.ts';
import { unauthenticated } from '../errors.ts';
import type { Roles } from '../permission/roles.ts';
import type { Services } from '../services.ts';
import { generationOf } from '../session/generation.ts';
import { hashOf, type TokenClaims, verifyToken } from './jwt.ts';

/** Whose token it is: a user's, or one of an organization's API tokens, which is nobody's but holds roles itself. */
export type Caller =
  | {
      readonly type: 'user';
      readonly userId: string;
      readonly username: string;
      readonly fullName: string;
      readonly tokenId: string;
      readonly expiresAt: string;
    }
  | {
      readonly type: 'apiToken';
      readonly tokenId: string;
      readonly name: string;
      readonly organizationId: string;
      readonly roles: Roles;
      readonly expiresAt: string | undefined;
    };

/** A revoked token is refused, and a role that was taken away is gone, after at most so many seconds. */
const CACHE_SECONDS = 3;
const cache = createCache<Caller>(CACHE_SECONDS);

/** Whose token this is at this time; 401 unless this platform signed it and it is neither expired nor revoked. */
export async function authenticateToken(services: Services, now: Date, token: string): Promise<Caller> {
  const claims = await verifyToken(await services.platformSecret(), token, now);
  const hash = hashOf(token);
  return await cache.get(hash, now, async () => await findCaller(services, now, claims, hash));
}

/** The same, not from memory. */
export async function readCaller(services: Services, now: Date, token: string): Promise<Caller> {
  const claims = await verifyToken(await services.platformSecret(), token, now);
  return await findCaller(services, now, claims, hashOf(token));
}

async function findCaller(services: Services, now: Date, claims: TokenClaims, hash: string): Promise<Caller> {
  const { apiTokenId, organizationId } = claims;
  return apiTokenId === undefined || organizationId === undefined
    ? await findUser(services, claims, hash)
    : await findApiToken(services, now, { organizationId, tokenId: apiTokenId }, hash);
}

async function findUser(services: Services, { sub, jti }: TokenClaims, hash: string): Promise<Caller> {
  const { entities } = services.globalStore;
  const [{ data: token }, { data: user }] = await Promise.all([
    entities.token.get({ userId: sub, tokenId: jti }).go({ consistent: true }),
    entities.user.get({ userId: sub }).go({ consistent: true }),
  ]);
  if (
    token === null ||
    token.hash !== hash ||
    user === null ||
    generationOf(user) !== (token.generation ?? 0)
  )
    throw unauthenticated('The token was revoked.');
  const { userId, username, fullName, tokenId, expiresAt } = token;
  return { type: 'user', userId, username, fullName, tokenId, expiresAt };
}

async function findApiToken(
  services: Services,
  now: Date,
  ids: { organizationId: string; tokenId: string },
  hash: string,
): Promise<Caller> {
  const { data } = await services
    .store(ids.organizationId)
    .entities.apiToken.get(ids)
    .go({ consistent: true });
  if (data === null || data.hash !== hash) throw unauthenticated('The token was revoked or rotated.');
  await noteUse(services, now, data);
  const { organizationId, tokenId, name, roles, endAt } = data;
  return { type: 'apiToken', tokenId, name, organizationId, roles, expiresAt: endAt };
}
