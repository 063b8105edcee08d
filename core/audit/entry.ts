import type { Image } from '../event/events.ts';
import { type Scope, timestamp } from '../scope.ts';
import { Subject, subjectOf } from '../subject.ts';
import { type Audited, auditedKind, type Kind, kinds } from './audited.ts';
import { differences } from './differences.ts';
import type { AuditEntryItem, Fields } from './entity.ts';

/**
 * The audit entry of a change, from the item's images before and after; undefined when nobody asked for it: what the
 * platform notes by itself while it carries a request out changes neither `updatedAt` nor `requestId`. Nor does it
 * know who deletes: that entry is written with the deletion (`deletion`).
 */
export function entryOf(before: Image | undefined, after: Image | undefined): AuditEntryItem | undefined {
  if (after === undefined) return undefined;
  const audited = auditedKind(after.__edb_e__);
  if (audited === undefined) return undefined;
  if (before?.requestId === after.requestId && before?.updatedAt === after.updatedAt) return undefined;
  const { updatedAt, updatedBy, requestId, isDeleting } = after;
  return entry(audited, after, {
    timestamp: String(updatedAt),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    subject: Subject.parse(updatedBy),
    action: before === undefined ? 'CREATE' : isDeleting === true ? 'DELETE' : 'UPDATE',
    ...differences(
      before === undefined ? {} : audited.show(before, after),
      isDeleting === true ? {} : audited.show(after, before ?? {}),
    ),
  });
}

/** The audit entry of an item that this scope's actor deletes, to be written in the transaction that deletes it. */
export function deletion(
  scope: Scope,
  kind: Kind,
  item: Fields & { readonly version: number },
): AuditEntryItem {
  const audited = kinds[kind];
  return entry(
    audited,
    { ...item, version: item.version + 1 },
    {
      timestamp: timestamp(scope),
      requestId: scope.requestId,
      subject: subjectOf(scope.actor),
      action: 'DELETE',
      before: audited.show(item, {}),
      after: {},
    },
  );
}

type What = Omit<AuditEntryItem, 'organizationId' | 'entryId' | 'resourceType' | 'resourceId'>;

function entry({ resourceType, id }: Audited, item: Fields, what: What): AuditEntryItem {
  const resourceId = String(item[id]);
  return {
    organizationId: String(item.organizationId),
    entryId: [what.timestamp, resourceType, resourceId, item.version].join('/'),
    resourceType,
    resourceId,
    ...what,
  };
}
