import { randomUUID } from 'node:crypto';
import type { FunctionEntry } from '../../functions/catalog.ts';
import { ACCOUNT, arn, REGION } from '../endpoint/service.ts';
import type { LambdaHost } from '../lambda/host.ts';
import type { Clock } from './clock.ts';

export interface Schedule {
  /** Runs the scheduled functions once a minute from now on. */
  start(): void;
  stop(): void;
  /** Runs them once, now, and waits for them. A failure stands in the function's log: the next minute runs again. */
  runOnce(): Promise<void>;
}

/** EventBridge's schedule of the catalog's functions whose trigger is one; `rate(1 minute)` is the only rate. */
export function createSchedule(
  functions: readonly FunctionEntry[],
  host: LambdaHost,
  clock: Clock,
): Schedule {
  const scheduled = functions.filter((entry) => entry.trigger.kind === 'schedule');
  let timer: NodeJS.Timeout | undefined;
  const runOnce = async () => {
    await Promise.all(
      scheduled.map((entry) =>
        host.invoke(entry.name, JSON.stringify(scheduledEvent(entry.name, clock.now()))),
      ),
    );
  };
  return {
    start() {
      timer ??= setInterval(() => void runOnce(), 60_000);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
    runOnce,
  };
}

/**
 * The event of a scheduled rule. Its time has whole seconds, as on AWS, rounded up: what is due at the clock's
 * time is due at the event's.
 */
function scheduledEvent(name: string, now: number) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT,
    time: new Date(Math.ceil(now / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    region: REGION,
    resources: [arn('events', `rule/${name}`)],
    detail: {},
  };
}
