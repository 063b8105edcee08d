import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { intercept } from '../store/intercept.ts';

/** An update as a transaction has it. */
export type Update = NonNullable<
  NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>[number]['Update']
>;

/** What a fence has let through, and whether it was shut. */
export interface Fence {
  readonly client: DynamoDBDocumentClient;
  /** Another try of the request has begun, and this one may change nothing any more. */
  isShut(): boolean;
}

/**
 * The same client, whose every transaction also makes this update, or else does nothing. A command is one
 * transaction: so the table knows whether it was carried out, however its function ends.
 */
export function fence(client: DynamoDBDocumentClient, update: Update): Fence {
  let shut = false;
  const fenced = intercept(client, async (command, pass) => {
    if (!(command instanceof TransactWriteCommand)) return await pass(command);
    const TransactItems = [...(command.input.TransactItems ?? []), { Update: update }];
    try {
      return await client.send(new TransactWriteCommand({ ...command.input, TransactItems }));
    } catch (error) {
      shut ||=
        error instanceof TransactionCanceledException &&
        error.CancellationReasons?.at(-1)?.Code === 'ConditionalCheckFailed';
      throw error;
    }
  });
  return { client: fenced, isShut: () => shut };
}
