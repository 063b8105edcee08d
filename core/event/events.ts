import { type Due, dueOf } from '../due/due.ts';

/** An event of the platform's bus. Its source is `windsock`. */
export interface DomainEvent {
  readonly detailType: DetailType;
  readonly detail: Due;
}

/** Each event says that something of an item is due now; it only hastens what the clock would find. */
export const detailTypes = [
  'SignupDue',
  'InviteDue',
  'PasswordResetDue',
  'DeploymentDue',
  'DeployDue',
  'VariableSetDue',
  'AuditDayDue',
] as const;
export type DetailType = (typeof detailTypes)[number];

const detailTypeOf: Readonly<Record<Due['kind'], DetailType>> = {
  signup: 'SignupDue',
  invite: 'InviteDue',
  passwordReset: 'PasswordResetDue',
  deployment: 'DeploymentDue',
  deploy: 'DeployDue',
  variableSet: 'VariableSetDue',
  auditDay: 'AuditDayDue',
};

/** An item of the table as a stream record shows it, unmarshalled. */
export type Image = Readonly<Record<string, unknown>>;

/**
 * An item that is due so soon is due now: a record's time has whole seconds, and the clocks of the gateway that
 * dated the item and of the table that dates the record are not the same.
 */
const SOON_MILLISECONDS = 2_000;

/**
 * Which events a change of an item was, from its images before and after; `changedAt` is the record's time. A change
 * that left the item as it was is none.
 */
export function eventsOf(
  before: Image | undefined,
  after: Image | undefined,
  changedAt: Date,
): DomainEvent[] {
  if (after === undefined || typeof after.dueAt !== 'string') return [];
  if (before?.dueAt === after.dueAt && before?.version === after.version) return [];
  if (after.dueAt > new Date(changedAt.getTime() + SOON_MILLISECONDS).toISOString()) return [];
  const detail = dueOf(after);
  return [{ detailType: detailTypeOf[detail.kind], detail }];
}
