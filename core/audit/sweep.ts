import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import type { AuditDayItem } from './entity.ts';

/** Deleted at a time; DynamoDB takes 25 in one request. */
const PAGE = 500;

/** Deletes the entries of a day that has been kept long enough, and then the day. Safe to repeat, and to break off. */
export async function advanceAuditDay(
  scope: Scope,
  services: Services,
  { organizationId, day }: Pick<AuditDayItem, 'organizationId' | 'day'>,
): Promise<void> {
  const { auditDay, auditEntry } = services.store(organizationId).entities;
  const { data: kept } = await auditDay.get({ organizationId, day }).go({ consistent: true });
  if (kept?.dueAt === undefined || kept.dueAt > timestamp(scope)) return;
  for (;;) {
    const { data } = await auditEntry.query
      .primary({ organizationId })
      .between({ entryId: day }, { entryId: `${day}~` })
      .go({ limit: PAGE, consistent: true });
    if (data.length === 0) break;
    const { unprocessed } = await auditEntry.delete(data).go({ concurrency: 4 });
    if (unprocessed.length > 0) throw new Error('DynamoDB left some entries for another try');
  }
  await auditDay.delete({ organizationId, day }).go();
}
