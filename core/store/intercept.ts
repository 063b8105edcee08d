import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export type Command = Parameters<DynamoDBDocumentClient['send']>[0];

/** The same client, whose every command goes through `send`, which passes it on or does not. */
export function intercept(
  client: DynamoDBDocumentClient,
  send: (command: Command, pass: (command: Command) => Promise<unknown>) => Promise<unknown>,
): DynamoDBDocumentClient {
  return new Proxy(client, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return (command: Command) => send(command, (passed) => target.send(passed));
    },
  });
}
