import { z } from 'zod';
import { ACCOUNT, REGION } from '../endpoint/service.ts';

/** An event as EventBridge hands it to its targets. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export const putEventsEntry = z.object({
  Source: z.string().min(1).max(256).optional(),
  DetailType: z.string().min(1).max(128).optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().optional(),
  /** Seconds since 1970. */
  Time: z.number().optional(),
  Resources: z.array(z.string()).default([]),
});
export type PutEventsEntry = z.infer<typeof putEventsEntry>;

/** Why an entry is not taken, as PutEvents answers it for that entry. */
export interface EntryError {
  readonly ErrorCode: 'InvalidArgument' | 'MalformedDetail';
  readonly ErrorMessage: string;
}

/** The event of an entry, or what is wrong with it. `now`, in epoch milliseconds, is its time when it has none. */
export function toEvent(entry: PutEventsEntry, id: string, now: number): BusEvent | EntryError {
  const { Source, DetailType, Detail } = entry;
  if (Source === undefined || DetailType === undefined || Detail === undefined) {
    const missing = Object.entries({ Source, DetailType, Detail }).find(
      ([, value]) => value === undefined,
    )?.[0];
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${missing} is not valid. Reason: it is required.`,
    };
  }
  const detail = readDetail(Detail);
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return {
    version: '0',
    id,
    'detail-type': DetailType,
    source: Source,
    account: ACCOUNT,
    time: wholeSeconds(entry.Time === undefined ? now : entry.Time * 1000),
    region: REGION,
    resources: entry.Resources,
    detail,
  };
}

/** RFC 3339 in UTC and whole seconds, as EventBridge writes times. */
export function wholeSeconds(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function readDetail(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
