import { newId } from '../id.ts';
import { after, type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { hashOf, signToken } from '../token/jwt.ts';
import type { ApiTokenItem } from './entity.ts';

/** People tell tokens apart by so many letters of their end. */
const SHORT = 8;

/** What of an API token a new secret changes. */
type Issued = Pick<ApiTokenItem, 'hash' | 'shortToken' | 'startAt'> & { endAt?: string };

/** A new secret of an API token, and what its item keeps of it: the hash, and until when it is good. */
export async function issueApiToken(
  scope: Scope,
  services: Services,
  item: Pick<
    ApiTokenItem,
    'organizationId' | 'workspaceId' | 'deploymentId' | 'tokenId' | 'expiryPeriodInDays'
  >,
): Promise<{ token: string; issued: Issued }> {
  const { organizationId, workspaceId, deploymentId, tokenId, expiryPeriodInDays } = item;
  const endAt = expiryPeriodInDays === undefined ? undefined : after(scope, expiryPeriodInDays * 86_400);
  const token = await signToken(await services.platformSecret(), {
    subject: tokenId,
    jti: newId(),
    place: { organizationId, workspaceId, deploymentId },
    issuedAt: scope.now,
    expiresAt: endAt === undefined ? undefined : new Date(endAt),
    apiTokenId: tokenId,
  });
  const issued = {
    hash: hashOf(token),
    shortToken: token.slice(-SHORT),
    startAt: timestamp(scope),
    ...(endAt === undefined ? {} : { endAt }),
  };
  return { token, issued };
}

/**
 * When the API token ends that asks for one that would live longer; undefined when it may have it. One that ends makes
 * none that outlives it, or it would never end.
 */
export function endOfOutlived({ actor }: Scope, { endAt }: Issued): string | undefined {
  if (actor.type !== 'apiToken' || actor.expiresAt === undefined) return undefined;
  return endAt !== undefined && endAt <= actor.expiresAt ? undefined : actor.expiresAt;
}
