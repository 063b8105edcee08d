import type { EventBridgeEvent } from 'aws-lambda';
import { advance } from '../../core/due/advance.ts';
import { Due } from '../../core/due/due.ts';
import type { Services } from '../services.ts';

/**
 * Advances the item that an event says is due. An event's time has whole seconds and may lie before the moment the
 * item became due, which is then the time. An error makes the bus deliver the event again.
 */
export function createAdvancer(services: Services) {
  return async (event: EventBridgeEvent<string, unknown>): Promise<void> => {
    const due = Due.parse(event.detail);
    const now = new Date(Math.max(Date.parse(event.time), Date.parse(due.dueAt)));
    const scope = { now, requestId: event.id, actor: { type: 'system' as const, name: 'windsock' } };
    await advance(scope, services, due);
  };
}
