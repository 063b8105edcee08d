/** What ListObjectsV2 asks for. */
export interface ListRequest {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Keys after this one; empty for all. */
  readonly after: string;
  readonly limit: number;
}

export interface Listing<Entry> {
  readonly contents: readonly Entry[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page goes on, undefined when this is the last. */
  readonly next: string | undefined;
}

/** After every real key that begins with a common prefix: no key holds this code point, it is no character. */
const LAST = '\u{10FFFF}';

/**
 * One page of a bucket's keys. `next(from, after)` answers the first entry whose key is at least `from` and
 * greater than `after`; keys that share a common prefix are skipped over, not read.
 */
export function list<Entry extends { readonly key: string }>(
  request: ListRequest,
  next: (from: string, after: string) => Entry | undefined,
): Listing<Entry> {
  const contents: Entry[] = [];
  const commonPrefixes: string[] = [];
  let after = request.after;
  for (;;) {
    const entry = next(request.prefix, after);
    if (entry === undefined || !entry.key.startsWith(request.prefix)) {
      return { contents, commonPrefixes, next: undefined };
    }
    if (contents.length + commonPrefixes.length === request.limit) {
      return { contents, commonPrefixes, next: after };
    }
    const common = commonPrefix(entry.key, request);
    if (common === undefined) {
      contents.push(entry);
      after = entry.key;
    } else {
      commonPrefixes.push(common);
      after = common + LAST;
    }
  }
}

function commonPrefix(key: string, { prefix, delimiter }: ListRequest): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
