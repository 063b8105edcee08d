import { z } from 'zod';
import { comparable } from './name/schema.ts';

/** How many items a page has when the caller does not say, and at most (the CLI asks for 1000). */
const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 1000;

/** What a list is asked for: which part of it, sorted by which of these fields. */
export function pageQuery<const Field extends string>(fields: readonly [Field, ...Field[]]) {
  const sorts = fields.flatMap((field) => [`${field}:asc`, `${field}:desc`]);
  return {
    offset: wholeNumber(z.int().min(0).default(0)).describe('how many items to leave out before the first'),
    limit: wholeNumber(z.int().min(0).max(LARGEST_LIMIT).default(DEFAULT_LIMIT)).describe(
      'how many items at most',
    ),
    sorts: many(z.enum(sorts)).describe('by which fields to sort, the first counting most'),
  };
}

/** A query parameter that may come once, several times, or not at all: a list. */
export function many<T extends z.ZodType>(item: T) {
  return z
    .union([z.array(item), item.transform((value) => [value])])
    .optional()
    .transform((list) => list ?? []);
}

/** A query parameter that is a whole number as this schema has it, in decimal digits and not empty. */
export function wholeNumber<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text),
    schema,
  );
}

/** A query parameter that is `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
  readonly sorts: readonly string[];
}

/** The numbers of the asked part of a list, `first` to `last` in this order; none when `first` is the greater. */
export interface Numbers {
  readonly first: number;
  readonly last: number;
  readonly order: 'asc' | 'desc';
}

/** The asked part of what is numbered from 1 to `totalCount` as it is made, the newest first unless told. */
export function numbersOf(totalCount: number, { offset, limit, sorts }: PageQuery): Numbers {
  if (isOldestFirst(sorts)) {
    return { first: offset + 1, last: Math.min(offset + limit, totalCount), order: 'asc' };
  }
  return { first: Math.max(1, totalCount - offset - limit + 1), last: totalCount - offset, order: 'desc' };
}

/** Whether these sorts, all of them by what grows with time, ask for the oldest first. */
export function isOldestFirst([sort]: PageQuery['sorts']): boolean {
  return sort?.endsWith(':asc') ?? false;
}

/** The asked part of a list, by `createdAt`, newest first, unless told; texts without regard to case. */
export function pageOf<T extends Readonly<Record<string, unknown>>>(items: readonly T[], query: PageQuery) {
  const orders = (query.sorts.length > 0 ? query.sorts : ['createdAt:desc']).map((sort) => sort.split(':'));
  const keyed = items.map((item) => ({ item, keys: orders.map(([field = '']) => keyOf(item[field])) }));
  const sorted = keyed.toSorted((a, b) => {
    for (const [index, [, direction]] of orders.entries()) {
      const order = compare(a.keys[index], b.keys[index]);
      if (order !== 0) return direction === 'desc' ? -order : order;
    }
    return 0;
  });
  const { offset, limit } = query;
  const page = sorted.slice(offset, offset + limit).map(({ item }) => item);
  return { items: page, totalCount: items.length, offset, limit };
}

function keyOf(value: unknown): number | string {
  return typeof value === 'number' ? value : comparable(String(value ?? ''));
}

function compare(a: number | string = '', b: number | string = ''): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Of a list's answer, beside its items: which part of how many they are. */
export const pageShape = { totalCount: z.number(), offset: z.number(), limit: z.number() };
