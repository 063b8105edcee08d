import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Services } from '../services.ts';
import { findExpired } from './find.ts';

/**
 * Deletes what has expired of a shard, at most so many items: the next run takes the rest. Whoever reads such an
 * item looks at its time anyway; this keeps them from piling up.
 */
export async function sweepExpired(
  services: Services,
  shard: string,
  now: Date,
  most: number,
): Promise<void> {
  let swept = 0;
  for await (const { pk, sk, dueSk } of findExpired(services, shard, now)) {
    await deleteUnchanged(services, { pk, sk }, dueSk);
    swept += 1;
    if (swept === most) return;
  }
}

/** Deletes an item unless its time was moved since it was found. */
async function deleteUnchanged(
  services: Services,
  key: Record<string, unknown>,
  dueSk: unknown,
): Promise<void> {
  try {
    await services.database.send(
      new DeleteCommand({
        TableName: services.environment.TABLE_NAME,
        Key: key,
        ConditionExpression: 'dueSk = :dueSk',
        ExpressionAttributeValues: { ':dueSk': dueSk },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
