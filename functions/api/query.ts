/** A query string as an object: a name that comes once has a string, one that comes more often a list. */
export function queryOf(rawQueryString: string): Record<string, string | string[]> {
  const search = new URLSearchParams(rawQueryString);
  const names = new Set(search.keys());
  return Object.fromEntries(
    [...names].map((name) => {
      const values = search.getAll(name);
      const [first = ''] = values;
      return [name, values.length === 1 ? first : values];
    }),
  );
}
