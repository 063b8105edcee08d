import type { Services } from '../services.ts';

/** Revokes the tokens of a user, or those of one grant alone: also one that was written a moment ago. */
export async function revokeTokens(services: Services, userId: string, grantId?: string): Promise<void> {
  const { token } = services.globalStore.entities;
  const { data } = await token.query.primary({ userId }).go({ pages: 'all', consistent: true });
  const own = data.filter((item) => grantId === undefined || item.grantId === grantId);
  await Promise.all(own.map(({ tokenId }) => token.delete({ userId, tokenId }).go()));
}
