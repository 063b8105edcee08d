import { gzipSync } from 'node:zlib';
import type { Clock } from '../clock/clock.ts';
import { ACCOUNT } from '../endpoint/service.ts';
import { atomically, openState } from '../endpoint/state.ts';
import { createDelivery } from '../events/delivery.ts';
import type { LambdaHost } from '../lambda/host.ts';
import { linesAfter, type StreamFile, streamFiles } from './appended.ts';
import type { LogLine } from './layout.ts';
import { readPattern } from './pattern.ts';
import { openSubscriptionStore, type Positions, type SubscriptionFilter } from './subscription-store.ts';

const LOOK_MS = 1_000;

export interface Subscriptions {
  /** Sends what is written from now on; one of the same group and name is replaced. */
  put(filter: SubscriptionFilter): void;
  /** Ends those of a group. */
  remove(group: string): void;
  /** Begins to look at the logs, each second, and to deliver. */
  start(): void;
  stop(): Promise<void>;
}

export interface SubscriptionsOptions {
  /** The folder of the logs. */
  readonly root: string;
  readonly host: LambdaHost;
  readonly clock: Clock;
  /** SQLite file of the filters, of how far each file was read, and of what is not delivered yet. */
  readonly path: string;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * CloudWatch Logs' subscription filters, over files that containers write whether this process runs or not. Lines
 * that match and how far their file was read are on disk together: no line is left out, and each is delivered at
 * least once.
 */
export function openSubscriptions({ root, host, clock, path, onError }: SubscriptionsOptions): Subscriptions {
  const state = openState(path, '');
  const store = openSubscriptionStore(state);
  const delivery = createDelivery(state, host, onError);
  /** On disk they are as they were at the last match: nothing has matched since. */
  const positions = new Map<string, Positions>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    for (const [group, filters] of store.filters()) {
      try {
        lookAt(group, filters);
      } catch (error) {
        onError(`log group ${group} could not be looked at; next try in a second`, error);
      }
    }
  }

  function lookAt(group: string, filters: readonly SubscriptionFilter[]): void {
    const before = positions.get(group) ?? store.positions(group);
    const read = streamFiles(root, group).map((file) => ({
      file,
      ...linesAfter(file, before.get(file.id) ?? 0),
    }));
    const after = new Map(read.map(({ file, end }) => [file.id, end]));
    const calls = read.flatMap(({ file, lines }) =>
      filters.flatMap((filter) => {
        const matches = readPattern(filter.pattern);
        const matching = lines.filter(({ message }) => matches?.(message));
        return matching.length === 0 ? [] : [{ filter, payload: payloadOf(filter, file, matching) }];
      }),
    );
    if (calls.length > 0) {
      atomically(state, () => {
        for (const { filter, payload } of calls) delivery.add(filter.functionName, payload);
        store.savePositions(group, after);
      });
      delivery.wake();
    }
    positions.set(group, after);
  }

  /** What a function is called with. A line's time is the machine's: the clock's offset makes it the platform's. */
  function payloadOf(
    { name, group }: SubscriptionFilter,
    { stream, id }: StreamFile,
    lines: readonly LogLine[],
  ): string {
    const batch = {
      messageType: 'DATA_MESSAGE',
      owner: ACCOUNT,
      logGroup: group,
      logStream: stream,
      subscriptionFilters: [name],
      logEvents: lines.map(({ timestamp, message }, index) => ({
        id: `${id}-${timestamp}-${index}`,
        timestamp: timestamp + clock.offset,
        message,
      })),
    };
    return JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } });
  }

  return {
    put(filter) {
      const { group } = filter;
      const isFirst = !store.filters().has(group);
      const present = new Map(streamFiles(root, group).map(({ id, bytes }) => [id, bytes]));
      atomically(state, () => {
        store.put(filter);
        if (isFirst) store.savePositions(group, present);
      });
    },
    remove(group) {
      atomically(state, () => store.remove(group));
      positions.delete(group);
    },
    start() {
      delivery.start();
      timer ??= setInterval(look, LOOK_MS);
    },
    async stop() {
      clearInterval(timer);
      await delivery.stop();
      for (const [group, read] of positions) atomically(state, () => store.savePositions(group, read));
      state.close();
    },
  };
}
