import { setTimeout as wait } from 'node:timers/promises';

/** What somebody read was changed before they wrote: the whole command, its reading included, runs again. */
export class Stale extends Error {
  constructor(what: string) {
    super(`${what} was changed by another request at the same moment. Ask again.`);
    this.name = 'Stale';
  }
}

/** The answer of an ElectroDB transaction, as far as it tells which of its items was refused. */
interface TransactionAnswer {
  readonly canceled: boolean;
  readonly data: readonly { readonly rejected: boolean; readonly code: string | undefined }[];
}

const CONFLICTS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Runs a transaction and tells which of its items had its condition refused: an empty list when all was written.
 * A conflict with another transaction is `Stale`.
 */
export async function refused(transaction: { go(): Promise<TransactionAnswer> }): Promise<number[]> {
  const answer = await transaction.go();
  if (!answer.canceled) return [];
  const conditions = answer.data.flatMap(({ code }, index) =>
    code === 'ConditionalCheckFailed' ? [index] : [],
  );
  if (conditions.length > 0) return conditions;
  const codes = answer.data.map(({ code }) => code ?? 'None');
  if (codes.some((code) => CONFLICTS.has(code))) throw new Stale('The item');
  throw new Error(`The transaction was cancelled: ${codes.join(', ')}`);
}

/** The longest of the random pauses between two attempts. */
const LONGEST_PAUSE_MS = 1_500;

/**
 * Runs a command again while it is `Stale`, its reads included. Sixteen attempts with a growing random pause, eight
 * seconds in all on average: forty at once who change the same deployment are all served, and its own operation
 * writes it meanwhile.
 */
export async function retryStale<T>(command: () => Promise<T>, attempts = 16): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await command();
    } catch (error) {
      if (!(error instanceof Stale) || attempt === attempts) throw error;
      await wait(Math.random() * Math.min(20 * 2 ** attempt, LONGEST_PAUSE_MS));
    }
  }
}
