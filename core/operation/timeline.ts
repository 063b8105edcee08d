import { z } from 'zod';
import { differences } from '../audit/differences.ts';
import { shownSpec } from '../audit/spec.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import type { SettingsChangeItem } from '../deployment/settings-change-entity.ts';
import { OutOfMemoryEntry, outOfMemoryEntry } from '../out-of-memory/view.ts';
import type { Services } from '../services.ts';
import { Subject } from '../subject.ts';
import type { IntentItem, OperationItem } from './entity.ts';
import { type Desired, fold } from './intent.ts';
import { listOperations } from './read.ts';
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

/** All that happened to a deployment: what operations carry comes newest first, the rest in no certain order. */
export async function listTimeline(services: Services, deployment: DeploymentItem): Promise<TimelineEntry[]> {
  const { organizationId, deploymentId, outOfMemory = [] } = deployment;
  const { intent, settingsChange } = services.store(organizationId).entities;
  const everything = { pages: 'all', consistent: true } as const;
  const [intents, operations, settings] = await Promise.all([
    intent.query.primary({ organizationId, deploymentId }).go(everything),
    listOperations(services, deployment),
    settingsChange.query.primary({ organizationId, deploymentId }).go(everything),
  ]);
  return [
    ...timeline(intents.data, operations).reverse(),
    ...settings.data.map(toldAtOnce),
    ...outOfMemory.map(outOfMemoryEntry),
  ];
}

function toldAtOnce({ before, after, createdAt, createdBy }: SettingsChangeItem): Change {
  const what = { before: { ...before }, after: { ...after } };
  return { kind: 'settings', at: createdAt, askedBy: createdBy, ...what, status: 'SUCCEEDED' };
}

/**
 * The changes in the order they were asked for. Each is told against what would run before it: what a failed
 * operation carried was dropped, except for a create, which stays desired.
 */
export function timeline(asked: readonly IntentItem[], operations: readonly OperationItem[]): Change[] {
  let settled: Desired;
  let desired: Desired;
  return asked.map(({ number, intent, createdAt, createdBy }) => {
    const before = desired;
    desired = fold(before, [intent]);
    const changed = differences(shownSpec(before ?? {}), shownSpec(desired ?? {}));
    const operation = operations.find((one) => one.firstIntent <= number && number <= one.lastIntent);
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
