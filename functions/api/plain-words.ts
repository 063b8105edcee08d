import type { z } from 'zod';

/**
 * Zod's error map of the API: what is too small or too large is said in words that read on from a field's name, where
 * the schema has none of its own. All else is said as zod does.
 */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'too_small') {
    const { origin, minimum, inclusive, exact } = issue;
    return bound(origin, minimum, { how: exact ? 'exactly' : 'at least', strictly: 'more than', inclusive });
  }
  if (issue.code === 'too_big') {
    const { origin, maximum, inclusive, exact } = issue;
    return bound(origin, maximum, { how: exact ? 'exactly' : 'at most', strictly: 'less than', inclusive });
  }
  return undefined;
};

interface Bound {
  readonly how: string;
  /** How a bound is said that is itself not allowed. */
  readonly strictly: string;
  readonly inclusive?: boolean | undefined;
}

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

function bound(origin: string, limit: number | bigint, { how, strictly, inclusive }: Bound) {
  const unit = UNITS[origin];
  if (unit !== undefined) return `must have ${how} ${limit} ${unit}${limit === 1 ? '' : 's'}`;
  if (!['number', 'int'].includes(origin)) return undefined;
  return `must be ${inclusive === false ? strictly : how} ${limit}`;
}
