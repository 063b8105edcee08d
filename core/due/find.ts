import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { Services } from '../services.ts';

type Item = Readonly<Record<string, unknown>>;

/** The items of a shard, of every kind, that are due by `now`, the longest due first; read as they are taken. */
export function findDue(services: Services, shard: string, now: Date): AsyncGenerator<Item> {
  return itemsUntil(services, `due#${shard}`, now);
}

/** The items of a shard, of every kind, that have expired by `now`. */
export function findExpired(services: Services, shard: string, now: Date): AsyncGenerator<Item> {
  return itemsUntil(services, `expiry#${shard}`, now);
}

async function* itemsUntil(services: Services, partition: string, now: Date): AsyncGenerator<Item> {
  const pages = paginateQuery(
    { client: services.database, pageSize: 100 },
    {
      TableName: services.environment.TABLE_NAME,
      IndexName: 'due',
      KeyConditionExpression: 'duePk = :partition AND dueSk < :end',
      ExpressionAttributeValues: { ':partition': partition, ':end': `${now.toISOString()}#~` },
    },
  );
  for await (const { Items = [] } of pages) yield* Items;
}
