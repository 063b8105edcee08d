import type { AuditEntryItem } from './entity.ts';

/** An entry as a line of JSON: who did what to which thing, when, in which request, and what that changed. */
export function auditLine({ entryId, requestId, subject, ...entry }: AuditEntryItem): string {
  const { id, ...names } = subject;
  return JSON.stringify({
    id: entryId,
    timestamp: entry.timestamp,
    organizationId: entry.organizationId,
    subjectId: id,
    ...names,
    action: entry.action,
    resourceType: entry.resourceType,
    resourceId: entry.resourceId,
    before: entry.before,
    after: entry.after,
    correlationId: requestId,
  });
}
