import { readStream } from './files.ts';

/** An event of a stream. */
export interface LogEvent {
  /** Names it among all events of its group. */
  readonly id: string;
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
}

export interface LogQuery {
  readonly group: string;
  readonly streams: readonly string[];
  /** Epoch milliseconds, both included. */
  readonly from: number;
  readonly to: number;
  readonly matches: (message: string) => boolean;
}

/** The group's events that the query asks for, by time; those of the same millisecond in the order of `streams`. */
export async function queryLogs(root: string, query: LogQuery): Promise<readonly LogEvent[]> {
  const found: LogEvent[] = [];
  for (const stream of query.streams) {
    let previous = 0;
    let ordinal = 0;
    for await (const { timestamp, message } of readStream(root, query.group, stream)) {
      ordinal = timestamp === previous ? ordinal + 1 : 0;
      previous = timestamp;
      if (timestamp >= query.from && timestamp <= query.to && query.matches(message)) {
        found.push({ id: `${timestamp}-${ordinal}-${stream}`, stream, timestamp, message });
      }
    }
  }
  return found.sort((a, b) => a.timestamp - b.timestamp);
}

export interface LogPage {
  readonly events: readonly LogEvent[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/**
 * The page of `limit` events after `token`, which is `<millisecond>:<events of it already given>`: lines that come
 * or are rotated away between two pages shift no page.
 */
export function pageOf(events: readonly LogEvent[], limit: number, token: string | undefined): LogPage {
  const [after = '-1', given = '0'] = token?.split(':') ?? [];
  const rest = events.filter(({ timestamp }) => timestamp >= Number(after));
  const skipped = rest.findIndex(
    ({ timestamp }, index) => timestamp > Number(after) || index >= Number(given),
  );
  const remaining = skipped < 0 ? [] : rest.slice(skipped);
  const page = remaining.slice(0, limit);
  return { events: page, next: remaining.length > limit ? tokenAfter(page, token) : undefined };
}

/** The token of what comes after these events, which themselves came after `token`. */
export function tokenAfter(events: readonly LogEvent[], token: string | undefined): string {
  const last = events.at(-1)?.timestamp;
  if (last === undefined) return token ?? '0:0';
  const [after, given = '0'] = token?.split(':') ?? [];
  const count = events.filter(({ timestamp }) => timestamp === last).length;
  return `${last}:${count + (Number(after) === last ? Number(given) : 0)}`;
}
