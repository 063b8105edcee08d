import type { EventBridgeEvent } from 'aws-lambda';
import { advance } from '../../core/due/advance.ts';
import { dueOf } from '../../core/due/due.ts';
import { findDue } from '../../core/due/find.ts';
import { sweepExpired } from '../../core/due/sweep.ts';
import type { Scope } from '../../core/scope.ts';
import { DUE_SHARDS } from '../../core/store/attributes.ts';
import { explain, log } from '../log.ts';
import type { Services } from '../services.ts';

/**
 * What one run takes on, of each shard: a mass of due items is worked off over some minutes. Items that fail are not
 * counted, so that however many of them there are, they keep no other from its turn.
 */
const BUDGET_PER_SHARD = 100;

/** Deleting is cheap, and waits for what is due. */
const SWEPT_PER_SHARD = 500;

/**
 * Advances everything that is due and then deletes what has expired, the shards side by side. One item's failure is
 * logged and stops no other.
 */
export function createClock(services: Services) {
  return async (event: EventBridgeEvent<'Scheduled Event', unknown>): Promise<void> => {
    const now = new Date(event.time);
    const scope = { now, requestId: event.id, actor: { type: 'system' as const, name: 'windsock' } };
    await Promise.all(DUE_SHARDS.map((shard) => advanceShard(scope, services, shard)));
    await Promise.all(DUE_SHARDS.map((shard) => sweepExpired(services, shard, now, SWEPT_PER_SHARD)));
  };
}

async function advanceShard(scope: Scope, services: Services, shard: string): Promise<void> {
  let advanced = 0;
  for await (const item of findDue(services, shard, scope.now)) {
    try {
      await advance(scope, services, dueOf(item));
      advanced += 1;
      if (advanced === BUDGET_PER_SHARD) return;
    } catch (error) {
      log('error', 'item not advanced', { pk: item.pk, sk: item.sk, error: explain(error) });
    }
  }
}
