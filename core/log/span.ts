import { z } from 'zod';
import { invalid } from '../errors.ts';
import type { Scope } from '../scope.ts';

/** What a request says about when: a range of seconds up to now, or a start and an end. */
export interface LogTimes {
  readonly range?: number | undefined;
  readonly startDate?: string | undefined;
  readonly endDate?: string | undefined;
  readonly searchId?: string | undefined;
}

/** The id of a search: its start and its end, in milliseconds since 1970. */
export const SearchId = z.string().regex(/^\d{1,15}-\d{1,15}$/, 'no search has this id');

const DEFAULT_RANGE_SECONDS = 86_400;

/**
 * The time that a search spans. A search's id holds it, so that its next pages span the same; 400 for dates that
 * come alone or the wrong way round. Nothing is older than 1970.
 */
export function searchSpan({ now }: Scope, times: LogTimes): { start: number; end: number } {
  if (times.searchId !== undefined) return inOrder(...numbersOf(times.searchId));
  const { startDate, endDate, range = DEFAULT_RANGE_SECONDS } = times;
  if ((startDate === undefined) !== (endDate === undefined)) {
    const field = startDate === undefined ? 'startDate' : 'endDate';
    throw invalid({ field, code: 'required', message: 'startDate and endDate come together' });
  }
  const end = endDate === undefined ? now.getTime() : Date.parse(endDate);
  const start = startDate === undefined ? end - range * 1000 : Date.parse(startDate);
  return inOrder(Math.max(0, start), Math.max(0, end));
}

function inOrder(start: number, end: number): { start: number; end: number } {
  if (start > end) throw invalid({ field: 'endDate', code: 'invalid', message: 'is before startDate' });
  return { start, end };
}

function numbersOf(searchId: string): [start: number, end: number] {
  const [start, end] = searchId.split('-');
  return [Number(start), Number(end)];
}

/** The id of a search, by which its next pages are asked for. */
export function searchIdOf({ start, end }: { start: number; end: number }): string {
  return `${start}-${end}`;
}
