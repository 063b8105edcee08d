import { unauthenticated } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { issueToken } from '../token/issue.ts';
import type { UserItem } from '../user/entity.ts';
import { findGrant } from './grant.ts';

/** An access token is good for an hour; its client gets the next one by its refresh token. */
export const ACCESS_TOKEN_SECONDS = 3600;

/**
 * A user's token for the client that was granted it: a Bearer token like every other, and revoked with its grant. 401
 * when that has ended. Who ends it looks for its tokens afterwards, and here it is looked at again once the token is
 * written: of the two, one sees the other.
 */
export async function issueAccessToken(scope: Scope, services: Services, grantId: string): Promise<string> {
  const { token: tokens } = services.globalStore.entities;
  const found = await findGrant(scope, services, grantId);
  if (found === undefined) throw ended();
  const { user } = found;
  const { token, item } = await issueToken(
    scope,
    services,
    user,
    await placeOf(services, user),
    ACCESS_TOKEN_SECONDS,
  );
  await tokens.create({ ...item, grantId }).go();
  if ((await findGrant(scope, services, grantId)) !== undefined) return token;
  await tokens.delete({ userId: item.userId, tokenId: item.tokenId }).go();
  throw ended();
}

function ended() {
  return unauthenticated('The sign-in has ended. Sign in again.');
}

/** The user's first organization and its first workspace, which the CLI takes a token's word for. */
async function placeOf(services: Services, { organizationIds: [organizationId] }: UserItem) {
  if (organizationId === undefined) return {};
  const { data } = await services
    .store(organizationId)
    .entities.workspace.query.primary({ organizationId })
    .go({ pages: 'all' });
  const [first] = data.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  return { organizationId, ...(first !== undefined && { workspaceId: first.workspaceId }) };
}
