/** How often something may happen: so many times a second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Token buckets of one rate, one for each key, in memory. */
export interface Buckets {
  /** Takes a token; answers the seconds until there is one, 0 when it was taken. */
  take(key: string, now: Date): number;
}

interface Bucket {
  readonly tokens: number;
  /** When it had so many, in milliseconds since 1970. */
  readonly at: number;
}

/** Buckets that begin full; at most `capacity` of them, those that were not asked longest go first. */
export function createBuckets({ perSecond, burst }: Rate, capacity = 10_000): Buckets {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, now) {
      const at = now.getTime();
      const last = buckets.get(key) ?? { tokens: burst, at };
      const elapsed = Math.max(0, at - last.at) / 1000;
      const tokens = Math.min(burst, last.tokens + elapsed * perSecond);
      const isTaken = tokens >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: isTaken ? tokens - 1 : tokens, at });
      const [oldest] = buckets.keys();
      if (buckets.size > capacity && oldest !== undefined) buckets.delete(oldest);
      return isTaken ? 0 : (1 - tokens) / perSecond;
    },
  };
}
