import { createHash } from 'node:crypto';
import { CustomAttributeType } from 'electrodb';
import { after, type Scope, timestamp } from '../scope.ts';
import { type Subject, subjectOf } from '../subject.ts';

/** Shards of the `due` index: enough that no partition of it is hot, few enough to ask all of them each minute. */
export const DUE_SHARDS = ['0', '1', '2', '3'] as const;

/** What every item has: its optimistic version, who made and last changed it, when, and in which request. */
export const auditAttributes = {
  version: { type: 'number', required: true },
  createdAt: { type: 'string', required: true, readOnly: true },
  createdBy: { type: CustomAttributeType<Subject>('any'), required: true, readOnly: true },
  updatedAt: { type: 'string', required: true },
  updatedBy: { type: CustomAttributeType<Subject>('any'), required: true },
  requestId: { type: 'string', required: true },
} as const;

/** Of an item that may be due: both are set while it is not at rest, and both are removed when it is. */
export const dueAttributes = {
  dueShard: { type: 'string' },
  dueAt: { type: 'string' },
} as const;

/** Of an item that is worth nothing once it has expired, and is deleted then. */
export const expiryAttributes = {
  expiresAt: { type: 'string', required: true },
  expiryShard: { type: 'string', required: true },
} as const;

/** The shard that an item of this id is in. */
export function dueShard(id: string): string {
  const [byte = 0] = createHash('sha256').update(id).digest();
  return DUE_SHARDS[byte % DUE_SHARDS.length] ?? DUE_SHARDS[0];
}

/** Makes an item of this id due at once: it is advanced by an event within moments, by the clock within a minute. */
export function dueNow(scope: Scope, id: string) {
  return dueAfter(scope, id, 0);
}

/** Makes an item of this id due after so many seconds. */
export function dueAfter(scope: Scope, id: string, seconds: number) {
  return { dueShard: dueShard(id), dueAt: after(scope, seconds) };
}

/** An item's audit attributes as it is created: version 1, by the scope's actor, now. */
export function created(scope: Scope) {
  const subject = subjectOf(scope.actor);
  const now = timestamp(scope);
  const { requestId } = scope;
  return { version: 1, createdAt: now, createdBy: subject, updatedAt: now, updatedBy: subject, requestId };
}

/** The audit attributes that a change of an item at this version sets. */
export function updated(scope: Scope, version: number) {
  const { requestId } = scope;
  return { version: version + 1, updatedAt: timestamp(scope), updatedBy: subjectOf(scope.actor), requestId };
}
