import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Image } from '../event/events.ts';
import { dueShard } from '../store/attributes.ts';
import { bind, boundClient } from '../store/bind.ts';
import { type AuditDayItem, type AuditEntryItem, auditDayEntity, auditEntryEntity } from './entity.ts';
import { entryOf } from './entry.ts';

/** Entries are kept for whole days, the last of which ends 90 days after each. */
const KEPT_DAYS = 91;
const DAY_MILLISECONDS = 86_400_000;

/** What the audit log keeps of a change: an entry, when somebody asked for it, or the day of an entry. */
export interface Kept {
  readonly entry: AuditEntryItem | undefined;
  readonly day: AuditDayItem | undefined;
}

/** What is kept of a change, from the item's images before and after. Throws when an image has not what it must. */
export function keptOf(before: Image | undefined, after: Image | undefined): Kept {
  return { entry: entryOf(before, after), day: dayOf(after) };
}

/**
 * Writes what the audit log keeps of changes. To do it again writes the same again. An entry that the table does not
 * take, as the fields before and after are too large together, is written without them, for it would be refused for
 * ever; the answer is the ids of those.
 */
export function createAuditKeeper(client: DynamoDBDocumentClient, table: string) {
  const storage = { client: boundClient, table };
  const entries = bind(auditEntryEntity(storage), client);
  const days = bind(auditDayEntity(storage), client);
  const putEntry = async (entry: AuditEntryItem): Promise<string[]> => {
    try {
      await entries.put(entry).go();
      return [];
    } catch (error) {
      if (!isInvalid(error)) throw error;
      await entries.put({ ...entry, before: {}, after: {} }).go();
      return [entry.entryId];
    }
  };
  return async (changes: readonly Kept[]): Promise<string[]> => {
    const cut = await Promise.all(
      changes.map(async ({ entry, day }) => {
        if (day !== undefined) await days.put(day).go();
        return entry === undefined ? [] : await putEntry(entry);
      }),
    );
    return cut.flat();
  };
}

/** DynamoDB says so of an item of more than 400 kB; ElectroDB wraps its error. */
function isInvalid(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.name === 'ValidationException';
}

/** The day that an entry makes its organization have entries of. */
function dayOf(item: Image | undefined): AuditDayItem | undefined {
  if (item?.__edb_e__ !== 'auditEntry') return undefined;
  const organizationId = String(item.organizationId);
  const day = String(item.timestamp).slice(0, 10);
  return {
    organizationId,
    day,
    dueShard: dueShard(`${organizationId}${day}`),
    dueAt: new Date(Date.parse(day) + KEPT_DAYS * DAY_MILLISECONDS).toISOString(),
  };
}
