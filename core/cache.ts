/** Answers from memory what was loaded a short time ago; at most `capacity` answers, the oldest go first. */
export interface Cache<T> {
  get(key: string, now: Date, load: () => Promise<T>): Promise<T>;
}

/** A cache whose answers live for so many seconds, by the callers' time. Failures are not kept. */
export function createCache<T>(seconds: number, capacity = 1000): Cache<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    async get(key, now, load) {
      const entry = entries.get(key);
      const time = now.getTime();
      if (entry !== undefined && time < entry.until && time >= entry.until - seconds * 1000)
        return entry.value;
      const value = await load();
      entries.delete(key);
      entries.set(key, { value, until: time + seconds * 1000 });
      const [oldest] = entries.keys();
      if (entries.size > capacity && oldest !== undefined) entries.delete(oldest);
      return value;
    },
  };
}
