import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FunctionEntry } from '../../functions/catalog.ts';
import type { Clock } from '../clock/clock.ts';
import { parseInput } from '../endpoint/json.ts';
import { arn, type Service, ServiceError } from '../endpoint/service.ts';
import { atomically, openState } from '../endpoint/state.ts';
import type { LambdaHost } from '../lambda/host.ts';
import { createDelivery } from './delivery.ts';
import { type PutEventsEntry, putEventsEntry, toEvent } from './entry.ts';

/** PutEvents' limit on the entries of a request together, in bytes. */
const REQUEST_LIMIT = 256 * 1024;
/** The `source` of the events that the catalog's rules match. */
const SOURCE = 'windsock';

export interface EventBus extends Service {
  /** Begins to deliver what is stored. */
  start(): void;
  /** Ends after the deliveries that run. */
  stop(): Promise<void>;
}

export interface EventBusOptions {
  readonly busName: string;
  readonly functions: readonly FunctionEntry[];
  readonly host: LambdaHost;
  readonly clock: Clock;
  /** SQLite file of the events that are not delivered yet. */
  readonly path: string;
  readonly onError: (message: string, error: unknown) => void;
}

const busNames = z.object({ Entries: z.array(z.object({ EventBusName: z.string().default('default') })) });
const putEvents = z.object({ Entries: z.array(putEventsEntry).min(1).max(10) });

/**
 * EventBridge: PutEvents on one bus, whose rules are the catalog's. An event is on disk, once for each function
 * whose rule matches it, before it is answered; each is delivered at least once, in no certain order.
 */
export function createEventBus({
  busName,
  functions,
  host,
  clock,
  path,
  onError,
}: EventBusOptions): EventBus {
  const state = openState(path, '');
  const delivery = createDelivery(state, host, onError);

  function targets(source: string, detailType: string): readonly string[] {
    if (source !== SOURCE) return [];
    return functions.flatMap(({ name, trigger }) =>
      trigger.kind === 'event' && trigger.detailTypes.includes(detailType) ? [name] : [],
    );
  }

  function accept(entry: PutEventsEntry) {
    const event = toEvent(entry, randomUUID(), clock.now());
    if ('ErrorCode' in event) return event;
    for (const name of targets(event.source, event['detail-type'])) delivery.add(name, JSON.stringify(event));
    return { EventId: event.id };
  }

  return {
    name: 'events',
    target: 'AWSEvents',
    jsonVersion: '1.1',
    resources: (_action, input) => {
      const named = busNames.safeParse(input).data?.Entries.map(({ EventBusName }) => EventBusName);
      return [...new Set(named)].map(busArn);
    },
    actions: {
      PutEvents(input) {
        const { Entries } = parseInput(putEvents, input);
        const other = Entries.find(
          ({ EventBusName }) => ![busName, busArn(busName)].includes(EventBusName ?? 'default'),
        );
        if (other !== undefined) {
          const name = other.EventBusName ?? 'default';
          throw new ServiceError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
        }
        if (Buffer.byteLength(JSON.stringify(Entries)) > REQUEST_LIMIT) {
          throw new ServiceError(
            'ValidationException',
            'Total size of the entries in the request is over the limit.',
          );
        }
        const results = atomically(state, () => Entries.map(accept));
        delivery.wake();
        return {
          FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
          Entries: results,
        };
      },
    },
    start: delivery.start,
    async stop() {
      await delivery.stop();
      state.close();
    },
  };
}

/** A bus' ARN; a request may name the bus by it. */
function busArn(name: string): string {
  return name.startsWith('arn:') ? name : arn('events', `event-bus/${name}`);
}
