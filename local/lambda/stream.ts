import { z } from 'zod';
import type { FunctionEntry } from '../../functions/catalog.ts';
import type { Clock } from '../clock/clock.ts';
import type { KeptRecords } from '../dynamodb/kept-records.ts';
import type { StreamReader, StreamRecord } from '../dynamodb/streams.ts';
import { REGION } from '../endpoint/service.ts';
import { openState } from '../endpoint/state.ts';
import type { Invocation, LambdaHost } from './host.ts';

/** A batch that fails comes again after 0.1 s, 0.2 s, 0.4 s ... and then every half minute. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** How long a write that the endpoint did not see, or a database that was away, may go unnoticed. */
const TICK_MS = 1_000;
/** So many records are handled before they are forgotten, and those that a start finds handled. */
const FORGET_EVERY = 1_000;

export interface StreamMapping {
  start(): void;
  /** Reads at once: something was written. */
  wake(): void;
  /** Ends after the batch that runs. What was not handled is read again by the next start. */
  stop(): Promise<void>;
}

export interface StreamMappingOptions {
  readonly entry: FunctionEntry;
  readonly host: LambdaHost;
  readonly reader: StreamReader;
  /** The stream's records, of which this mapping is the only reader. */
  readonly kept: KeptRecords;
  readonly clock: Clock;
  /** SQLite file of the checkpoint. */
  readonly path: string;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * Lambda's event source mapping: hands the table's stream to one function in order, in batches. The checkpoint
 * moves when the function succeeded, or to the first record that it reported as failed. What fails comes again until
 * it succeeds, and those after it wait: no record is left out.
 */
export function createStreamMapping(options: StreamMappingOptions): StreamMapping {
  const { entry, host, reader, kept, clock, onError } = options;
  if (entry.trigger.kind !== 'stream') throw new Error(`Function ${entry.name} has no stream as its trigger`);
  const { batchSize } = entry.trigger;
  const checkpoints = openCheckpoints(options.path);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let wakeUp: (() => void) | undefined;
  let written = false;
  let reported = '';
  let unforgotten = FORGET_EVERY;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (stopping.signal.aborted) return;
        report(error);
        await pause(TICK_MS);
      }
    }
  }

  /** Tells of an error once, not every second that it lasts. */
  function report(error: unknown): void {
    if (String(error) === reported) return;
    reported = String(error);
    onError(`stream of function ${entry.name}: reading again until it works`, error);
  }

  /** Reads on from the checkpoint until something fails: the table or its stream may have been replaced. */
  async function follow(): Promise<void> {
    const streamArn = await reader.streamArn();
    let position = await reader.iteratorAfter(streamArn, checkpoints.get(streamArn));
    while (!stopping.signal.aborted) {
      written = false;
      const page = await reader.read(position, batchSize);
      reported = '';
      if (page.records.length > 0) await handle(streamArn, page.records);
      else if (!written) await pause(TICK_MS);
      forget(streamArn, page.records.length);
      position = page.next;
    }
  }

  /** Forgets what was handled before the checkpoint's record, once that is enough. A failure is told; the next time forgets all. */
  function forget(streamArn: string, handled: number): void {
    unforgotten += handled;
    const checkpoint = unforgotten < FORGET_EVERY ? undefined : checkpoints.get(streamArn);
    if (checkpoint === undefined) return;
    unforgotten = 0;
    try {
      kept.forgetBefore(checkpoint);
    } catch (error) {
      onError(`stream of function ${entry.name}: handled records are kept`, error);
    }
  }

  /** Hands over these records, again and again from the first that failed, until all were handled. */
  async function handle(streamArn: string, records: readonly StreamRecord[]): Promise<void> {
    let left = records;
    for (let failures = 0; left.length > 0; ) {
      stopping.signal.throwIfAborted();
      const invocation = await host.invoke(entry.name, batchEvent(streamArn, left, clock.offset));
      const failure = failureOf(invocation, left);
      const handled = left.slice(0, failure?.from);
      const last = handled.at(-1)?.dynamodb.SequenceNumber;
      if (last !== undefined) checkpoints.move(streamArn, last);
      left = left.slice(handled.length);
      if (failure === undefined) return;
      report(failure.error);
      failures = last === undefined ? failures + 1 : 0;
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    }
  }

  /** Waits so long, or until woken. */
  function pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    wakeUp = resolve;
    return promise.finally(() => clearTimeout(timer));
  }

  return {
    start() {
      running ??= run();
    },
    wake() {
      written = true;
      wakeUp?.();
    },
    async stop() {
      stopping.abort(new Error('The stream mapping was stopped'));
      wakeUp?.();
      await running;
      checkpoints.close();
    },
  };
}

const batchResponse = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).default([]),
});

/** The first record that the function failed at, which it may report itself, and why; undefined when at none. */
function failureOf(
  invocation: Invocation,
  records: readonly StreamRecord[],
): { readonly from: number; readonly error: string } | undefined {
  if (invocation.status === 'failed') {
    return { from: 0, error: `${invocation.errorType}: ${invocation.errorMessage}` };
  }
  const reported = batchResponse.safeParse(JSON.parse(invocation.payload)).data?.batchItemFailures ?? [];
  const failed = new Set(reported.map(({ itemIdentifier }) => itemIdentifier));
  const from = records.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber));
  return from === -1 ? undefined : { from, error: 'the function reported it; its log tells why' };
}

/** The event of a batch. A record's time is the database's, by the machine's clock: `offset` (ms) makes it ours. */
function batchEvent(streamArn: string, records: readonly StreamRecord[], offset: number): string {
  return JSON.stringify({
    Records: records.map((record) => ({
      ...record,
      awsRegion: REGION,
      eventSourceARN: streamArn,
      dynamodb: {
        ...record.dynamodb,
        ApproximateCreationDateTime: record.dynamodb.ApproximateCreationDateTime + Math.floor(offset / 1000),
      },
    })),
  });
}

/** How far each stream was handled. */
function openCheckpoints(path: string) {
  const state = openState(
    path,
    'CREATE TABLE IF NOT EXISTS checkpoint (stream TEXT PRIMARY KEY, sequence TEXT NOT NULL)',
  );
  const get = state.prepare('SELECT sequence FROM checkpoint WHERE stream = ?');
  const move = state.prepare('INSERT OR REPLACE INTO checkpoint VALUES (?, ?)');
  return {
    get: (streamArn: string) => z.string().optional().parse(get.get(streamArn)?.sequence),
    move(streamArn: string, sequence: string): void {
      move.run(streamArn, sequence);
    },
    close: () => state.close(),
  };
}
