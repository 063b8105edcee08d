import type { Services } from '../services.ts';
import { refused, Stale } from '../store/transact.ts';
import type { ApiTokenItem } from './entity.ts';

/** How exactly the last use is known: a token in use costs one write in so many seconds, however much it is used. */
const KNOWN_WITHIN_MS = 60_000;

/** Notes that an API token is in use. Of several who note it at once, one does; a token that was revoked stays so. */
export async function noteUse(services: Services, now: Date, item: ApiTokenItem): Promise<void> {
  const { organizationId, tokenId, hash, lastUsedAt } = item;
  if (lastUsedAt !== undefined && now.getTime() - Date.parse(lastUsedAt) < KNOWN_WITHIN_MS) return;
  try {
    await refused(
      services.store(organizationId).transaction.write(({ apiToken }) => [
        apiToken
          .patch({ organizationId, tokenId })
          .set({ lastUsedAt: now.toISOString() })
          .where((has, { eq }) => eq(has.hash, hash))
          .commit(),
      ]),
    );
  } catch (error) {
    if (!(error instanceof Stale)) throw error;
  }
}
