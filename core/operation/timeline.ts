import { z } from 'zod';
import { differences } from '../audit/differences.ts';
import { secretsOf, shownSpec } from '../audit/spec.ts';
import { OutOfMemoryEntry } from '../out-of-memory/view.ts';
import type { Spec } from '../revision/schema.ts';
import { Subject } from '../subject.ts';
import type { IntentItem, OperationItem } from './entity.ts';
import { type Desired, fold } from './intent.ts';
import { Operation, operationView } from './view.ts';

const Fields = z.record(z.string(), z.unknown());

/** A change of a deployment: who asked for it when, what it changed, and the operation that carried it. */
export const Change = z.object({
  /** The intent's; a change of name and settings alone has none. */
  number: z.number().optional(),
  kind: z.enum(['create', 'update', 'rollback', 'deploy', 'delete', 'settings']),
  /** When it was asked for. */
  at: z.string(),
  askedBy: Subject,
  /** The fields of the spec, or of name and settings, that it changed, as they were and as it would have them. */
  before: Fields,
  after: Fields,
  /** An operation's; WAITING until one carries it. What takes none has SUCCEEDED at once. */
  status: z.enum(['WAITING', 'RUNNING', 'SUCCEEDED', 'FAILED']),
  operation: Operation.optional(),
});
export type Change = z.infer<typeof Change>;

/** What happened to a deployment: the changes that were asked for, and what ran out of memory. */
export const TimelineEntry = z.discriminatedUnion('kind', [Change, OutOfMemoryEntry]);
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** What is to run after the operations so far, and what does run; undefined is nothing. */
export interface Before {
  readonly desired: Desired;
  readonly settled: Desired;
}

/**
 * The changes in the order they were asked for, with the operations in theirs. Each is told against what would run
 * before it: what a failed operation carried was dropped, except for a create, which stays desired. `before` is what
 * came before the first of them, which is the first that its operation carries. No value is told of a variable that the
 * change has as a secret, before or after, or that is one in what is desired at present.
 */
export function timeline(
  asked: readonly IntentItem[],
  operations: readonly OperationItem[],
  present: Spec,
  { settled, desired }: Before = { settled: undefined, desired: undefined },
): Change[] {
  let next = 0;
  return asked.map(({ number, intent, createdAt, createdBy }) => {
    const before = desired;
    desired = fold(before, [intent]);
    const [from, to] = [before ?? {}, desired ?? {}];
    const secret = secretsOf(from, to, present);
    const changed = differences(shownSpec(from, secret), shownSpec(to, secret));
    while (hasPassed(operations[next], number)) next += 1;
    const operation = operations[next];
    if (number === operation?.lastIntent) {
      if (operation.status === 'FAILED') desired = settled ?? desired;
      else settled = desired;
    }
    return {
      number,
      kind: intent.kind,
      at: createdAt,
      askedBy: createdBy,
      ...changed,
      status: operation?.status ?? 'WAITING',
      ...(operation === undefined ? {} : { operation: operationView(operation) }),
    };
  });
}

function hasPassed(operation: OperationItem | undefined, intent: number): boolean {
  return operation !== undefined && operation.lastIntent < intent;
}
