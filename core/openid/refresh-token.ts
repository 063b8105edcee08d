import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused } from '../store/transact.ts';
import { hashOf } from '../token/jwt.ts';
import { findArtifact } from './artifact.ts';
import { type Payload, unpacked } from './payload.ts';

const nameOf = (id: string) => ({ model: 'RefreshToken', id });

/**
 * A refresh token as the provider gave it. Each use gives a new one; the old one counts until the new one was used, for
 * answers get lost, and there are clients that never keep the new one (the astro CLI 1.45). After that it says
 * that it was used up, which makes the provider end the whole grant: two hold what one was given.
 */
export async function readRefreshToken(
  scope: Scope,
  services: Services,
  id: string,
): Promise<Payload | undefined> {
  const item = await findArtifact(scope, services, nameOf(id));
  if (item?.grantId === undefined) return undefined;
  const { data: grant } = await services.globalStore.entities.grant
    .get({ grantId: item.grantId })
    .go({ consistent: true });
  const used = grant?.usedHash;
  const isReused = used !== undefined && used !== item.hash && used !== item.parentHash;
  return { ...unpacked(id, item.payload), ...(isReused && { consumed: true }) };
}

/**
 * Notes that a refresh token is being used, and answers its hash: the one that is given for it has it as its parent.
 * Undefined when another of the same parent was used first.
 */
export async function consumeRefreshToken(
  scope: Scope,
  services: Services,
  id: string,
): Promise<string | undefined> {
  const item = await findArtifact(scope, services, nameOf(id));
  if (item?.grantId === undefined) return undefined;
  const { grantId, hash, parentHash } = item;
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.grant
        .patch({ grantId })
        .set({ usedHash: hash })
        .where(({ usedHash }, { eq, notExists }) =>
          [notExists(usedHash), eq(usedHash, hash), parentHash && eq(usedHash, parentHash)]
            .filter((condition) => condition !== undefined)
            .join(' OR '),
        )
        .commit(),
    ]),
  );
  return rejected.length === 0 ? hashOf(id) : undefined;
}
