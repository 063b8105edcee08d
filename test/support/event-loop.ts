import { join } from 'node:path';
import { catalog } from '../../functions/catalog.ts';
import { createAdvancer } from '../../functions/event/advance.ts';
import type { Services } from '../../functions/services.ts';
import { createPublisher } from '../../functions/stream/publish.ts';
import { openStreamReader } from '../../local/dynamodb/streams.ts';
import { openUpstream } from '../../local/dynamodb/upstream.ts';
import type { Service } from '../../local/endpoint/service.ts';
import { createEventBus } from '../../local/events/bus.ts';
import type { LambdaHost } from '../../local/lambda/host.ts';
import { createStreamMapping } from '../../local/lambda/stream.ts';
import type { TestDynamodb } from './dynamodb.ts';

export interface EventLoop {
  /** The bus's endpoint. */
  readonly bus: Service;
  start(services: Services): void;
  stop(): Promise<void>;
}

/** The way from the table's stream through the publisher and the bus to what advances, with the functions here. */
export function createEventLoop(dynamodb: TestDynamodb, folder: string, now: () => Date): EventLoop {
  const functions = new Map<string, (event: unknown) => Promise<unknown>>();
  const host: LambdaHost = {
    async invoke(name, payload) {
      const run = functions.get(name) ?? (() => Promise.reject(new Error(`No function ${name} here`)));
      return await run(JSON.parse(payload)).then(
        (result) => ({ status: 'succeeded', payload: JSON.stringify(result ?? null) }) as const,
        (error) => ({ status: 'failed', errorType: 'Error', errorMessage: String(error) }) as const,
      );
    },
    stop: async () => undefined,
  };
  const clock = { now: () => now().getTime(), offset: 0, advance: () => undefined };
  const onError = (message: string, error: unknown) => console.error(message, error);
  const bus = createEventBus({
    busName: 'windsock',
    functions: catalog,
    host,
    clock,
    path: join(folder, 'events.db'),
    onError,
  });
  const entry = catalog.find(({ name }) => name === 'publish');
  if (entry === undefined) throw new Error('The catalog has no function publish');
  const upstream = openUpstream(Number(new URL(dynamodb.endpoint).port));
  const reader = openStreamReader(upstream, dynamodb.table);
  const stream = createStreamMapping({
    entry,
    host,
    reader,
    // The database is in memory, and ends with the test.
    kept: { forgetBefore: () => undefined },
    clock,
    path: join(folder, 'stream.db'),
    onError,
  });
  let started = false;
  return {
    bus,
    start(services) {
      const publisher = createPublisher(services);
      const advancer = createAdvancer(services);
      functions.set('publish', (event) => publisher(event as Parameters<typeof publisher>[0]));
      functions.set('advance', (event) => advancer(event as Parameters<typeof advancer>[0]));
      bus.start();
      stream.start();
      started = true;
    },
    async stop() {
      if (started) await Promise.all([stream.stop(), bus.stop()]);
      upstream.close();
    },
  };
}
