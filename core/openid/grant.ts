import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { generationOf } from '../session/generation.ts';
import { dueShard } from '../store/attributes.ts';
import { revokeTokens } from '../token/revoke.ts';
import { type Payload, packed, unpacked } from './payload.ts';

/** Keeps a grant of a user's for so many seconds, at the generation that the user was of who gave it. */
export async function saveGrant(
  scope: Scope,
  services: Services,
  grantId: string,
  { payload, generation }: { payload: Payload; generation: number },
  seconds: number,
): Promise<void> {
  await services.globalStore.entities.grant
    .put({
      grantId,
      userId: String(payload.accountId),
      generation,
      payload: packed(payload),
      createdAt: timestamp(scope),
      expiresAt: after(scope, seconds),
      expiryShard: dueShard(grantId),
    })
    .go();
}

/** A grant and its user; undefined when it has expired, was revoked, or its user signed out everywhere. */
export async function findGrant(scope: Scope, services: Services, grantId: string) {
  const { entities } = services.globalStore;
  const { data: grant } = await entities.grant.get({ grantId }).go({ consistent: true });
  if (grant === null || grant.expiresAt <= timestamp(scope)) return undefined;
  const { data: user } = await entities.user.get({ userId: grant.userId }).go({ consistent: true });
  if (user === null || generationOf(user) !== grant.generation) return undefined;
  return { grant, user };
}

/** A grant as the provider gave it, while it counts. */
export async function readGrant(
  scope: Scope,
  services: Services,
  grantId: string,
): Promise<Payload | undefined> {
  const found = await findGrant(scope, services, grantId);
  return found === undefined ? undefined : unpacked(grantId, found.grant.payload);
}

/** Ends a grant: no token is given for it any more, and the access tokens that were are revoked. */
export async function revokeGrant(services: Services, grantId: string): Promise<void> {
  const { entities } = services.globalStore;
  const { data: grant } = await entities.grant.get({ grantId }).go({ consistent: true });
  if (grant === null) return;
  await entities.grant.delete({ grantId }).go();
  await revokeTokens(services, grant.userId, grantId);
}
