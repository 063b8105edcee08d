import { invalid } from '../errors.ts';
import type { Services } from '../services.ts';
import { pagesOf } from '../store/pages.ts';
import type { AuditEntryItem } from './entity.ts';
import { auditLine } from './view.ts';

/** So many entries are answered at most at a time. */
export const MOST_ENTRIES = 10_000;
/** And so many bytes of them, of the 6 MiB that a function's answer may have: in that it is a JSON string. */
const MOST_BYTES = 6_000_000;
/** Read at a time; DynamoDB ends a page at 1 MB anyway. */
const READ_ENTRIES = 1000;

/** Which entries: from `startDate` to before `endDate`, in UTC; those after the entry `after`; at most `limit`. */
export interface AuditQuery {
  readonly startDate: string;
  readonly endDate: string;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Entries as lines, the oldest first, and the id of the last one when there are more after it. */
export interface AuditPage {
  readonly lines: readonly string[];
  readonly last?: string | undefined;
}

/**
 * An organization's audit entries of a span. Without a limit it is all of them or, when they are too many for one
 * answer, 400: an export is never cut short without a word. With one it is a page, which may have fewer.
 */
export async function readAuditLog(
  services: Services,
  organizationId: string,
  { startDate, endDate, after = '', limit }: AuditQuery,
): Promise<AuditPage> {
  const lines: string[] = [];
  let bytes = 0;
  let last: string | undefined;
  const span = { from: after > startDate ? after : startDate, to: endDate };
  for await (const entry of entriesOf(services, organizationId, span, limit)) {
    if (entry.entryId === after) continue;
    const line = `${auditLine(entry)}\n`;
    bytes += Buffer.byteLength(JSON.stringify(line));
    if (lines.length === (limit ?? MOST_ENTRIES) || bytes > MOST_BYTES) {
      if (limit === undefined) throw tooLong();
      return { lines, last };
    }
    lines.push(line);
    last = entry.entryId;
  }
  return { lines };
}

/** The entries of a span in their order, read as they are taken. */
async function* entriesOf(
  services: Services,
  organizationId: string,
  { from, to }: { readonly from: string; readonly to: string },
  limit = READ_ENTRIES,
): AsyncGenerator<AuditEntryItem> {
  if (from >= to) return;
  // Beside the page, the entry that it comes after and the one that would come next.
  const options = { limit: Math.min(limit + 2, READ_ENTRIES), consistent: true };
  const { query } = services.store(organizationId).entities.auditEntry;
  const pages = pagesOf((cursor) =>
    query
      .primary({ organizationId })
      .between({ entryId: from }, { entryId: to })
      .go({ ...options, cursor }),
  );
  for await (const entries of pages) yield* entries;
}

function tooLong() {
  const message = `there are more than ${MOST_ENTRIES} entries or ${MOST_BYTES} bytes since then; ask for less at a time, by endDate or limit`;
  return invalid({ field: 'startDate', code: 'too_big', message });
}
