import { tooMany } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { dueShard } from '../store/attributes.ts';
import { hashOf } from '../token/jwt.ts';

/** So many attempts of one kind are taken from one account, or one address, in each window of so many seconds. */
export interface Limit {
  readonly kind: string;
  readonly most: number;
  readonly seconds: number;
  /** What somebody can do instead of waiting, if anything. */
  readonly instead?: string;
}

/**
 * Counts an attempt before it is made, so that attempts at the same moment count too; 429 with the seconds to wait
 * when it is one too many.
 */
export async function countAttempt(
  scope: Scope,
  services: Services,
  limit: Limit,
  who: string,
): Promise<void> {
  const { count, endsAt } = await add(1, scope, services, limit, who);
  if (count <= limit.most) return;
  const wait = Math.max(1, Math.ceil((endsAt.getTime() - scope.now.getTime()) / 1000));
  const instead = limit.instead === undefined ? '' : `, or ${limit.instead}`;
  throw tooMany(`This was tried too often. Try again in ${inWords(wait)}${instead}.`, wait);
}

/** Takes an attempt back that turned out to be right: only wrong ones count. */
export async function forgiveAttempt(
  scope: Scope,
  services: Services,
  limit: Limit,
  who: string,
): Promise<void> {
  await add(-1, scope, services, limit, who);
}

/** Windows begin at fixed times, so that counting is one write without a condition, whoever else counts. */
async function add(attempts: number, scope: Scope, services: Services, limit: Limit, who: string) {
  const window = Math.floor(scope.now.getTime() / 1000 / limit.seconds);
  const endsAt = new Date((window + 1) * limit.seconds * 1000);
  const hash = hashOf(`${limit.kind} ${window} ${who}`);
  const { data } = await services.globalStore.entities.attempt
    .update({ hash })
    .add({ count: attempts })
    .set({ expiresAt: endsAt.toISOString(), expiryShard: dueShard(hash) })
    .go({ response: 'all_new' });
  return { count: data.count ?? 0, endsAt };
}

function inWords(seconds: number): string {
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
