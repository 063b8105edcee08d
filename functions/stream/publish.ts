import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { createAuditKeeper, keptOf } from '../../core/audit/keep.ts';
import { eventsOf, type Image } from '../../core/event/events.ts';
import { explain, log } from '../log.ts';
import type { Services } from '../services.ts';

/** All that the publisher needs. */
type Needed = Pick<Services, 'environment' | 'events' | 'database'>;

/** EventBridge takes so many entries in one PutEvents. */
const MOST_ENTRIES = 10;

/** An entry and the stream record that it came from. */
interface Outgoing {
  readonly sequenceNumber: string;
  readonly entry: PutEventsRequestEntry;
}

/**
 * Keeps the audit log of what happened to the table's items, then publishes it in their order. It stops at the first
 * record whose event the bus does not take, and reports it: that one and those after it come again. A record that
 * cannot be read would never pass and is left out: what its event would have hastened, the clock finds.
 */
export function createPublisher(services: Needed) {
  const keepAudit = createAuditKeeper(services.database, services.environment.TABLE_NAME);
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const cut = await keepAudit(
      readable(Records, (record) => {
        const { before, after } = changeOf(record);
        return [keptOf(before, after)];
      }),
    );
    for (const entryId of cut) log('error', 'audit entry too large, kept without its fields', { entryId });
    const outgoing = readable(Records, (record) => outgoingOf(services, record));
    for (let start = 0; start < outgoing.length; start += MOST_ENTRIES) {
      const refused = await put(services, outgoing.slice(start, start + MOST_ENTRIES));
      if (refused !== undefined) return { batchItemFailures: [{ itemIdentifier: refused }] };
    }
    return { batchItemFailures: [] };
  };
}

/** What is made of each record, without those of which it cannot be made. */
function readable<T>(records: readonly DynamoDBRecord[], make: (record: DynamoDBRecord) => T[]): T[] {
  return records.flatMap((record) => {
    try {
      return make(record);
    } catch (error) {
      const sequenceNumber = record.dynamodb?.SequenceNumber;
      log('error', 'stream record not readable', { sequenceNumber, error: explain(error) });
      return [];
    }
  });
}

function outgoingOf(services: Needed, record: DynamoDBRecord): Outgoing[] {
  const sequenceNumber = record.dynamodb?.SequenceNumber ?? '';
  return entriesOf(services, record).map((entry) => ({ sequenceNumber, entry }));
}

function entriesOf(services: Needed, record: DynamoDBRecord): PutEventsRequestEntry[] {
  const { before, after } = changeOf(record);
  const changedAt = new Date((record.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000);
  return eventsOf(before, after, changedAt).map((event) => ({
    EventBusName: services.environment.BUS_NAME,
    Source: 'windsock',
    DetailType: event.detailType,
    Detail: JSON.stringify(event.detail),
    Time: changedAt,
  }));
}

/** Puts up to ten events and answers the sequence number of the first record whose was not taken. */
async function put(services: Needed, outgoing: readonly Outgoing[]): Promise<string | undefined> {
  const command = new PutEventsCommand({ Entries: outgoing.map(({ entry }) => entry) });
  const { FailedEntryCount = 0, Entries = [] } = await services.events.send(command);
  if (FailedEntryCount === 0) return undefined;
  const index = Entries.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
  const { ErrorCode: code, ErrorMessage: reason } = Entries[index] ?? {};
  const sequenceNumber = outgoing[index]?.sequenceNumber;
  log('error', 'event not taken', { sequenceNumber, code, reason });
  if (sequenceNumber === undefined)
    throw new Error(`The bus refused ${FailedEntryCount} events and named none`);
  return sequenceNumber;
}

function changeOf({ dynamodb }: DynamoDBRecord) {
  return { before: image(dynamodb?.OldImage), after: image(dynamodb?.NewImage) };
}

function image(attributes: Record<string, unknown> | undefined): Image | undefined {
  return attributes === undefined ? undefined : unmarshall(attributes as Record<string, AttributeValue>);
}
