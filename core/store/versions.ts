import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { intercept } from './intercept.ts';

const Read = z.object({ Item: z.object({ pk: z.string(), sk: z.string(), version: z.number() }) });

/** The items that were read and have a version, by their keys. */
export type Versions = Map<string, number>;

/** The same client, which notes the version of every item that is read through it. */
export function noteVersions(client: DynamoDBDocumentClient, versions: Versions): DynamoDBDocumentClient {
  return onRead(client, (key, version) => {
    versions.set(key, version);
  });
}

/** A client that finds out whether what was noted before has changed. */
export interface Expecting {
  readonly client: DynamoDBDocumentClient;
  /** An item that is read through the client has another version than was noted. */
  isBroken(): boolean;
}

/**
 * The same client, through which an item that was noted can only be read as it was. A command writes what it read
 * on the condition of its version: so nothing slips in between either.
 */
export function expectVersions(client: DynamoDBDocumentClient, versions: Versions): Expecting {
  let broken = false;
  const expecting = onRead(client, (key, version) => {
    broken ||= (versions.get(key) ?? version) !== version;
    if (broken) throw new Error(`${key} has changed`);
  });
  return { client: expecting, isBroken: () => broken };
}

function onRead(client: DynamoDBDocumentClient, tell: (key: string, version: number) => void) {
  return intercept(client, async (command, pass) => {
    const answer = await pass(command);
    const read = command instanceof GetCommand ? Read.safeParse(answer).data : undefined;
    if (read !== undefined) tell(`${read.Item.pk} ${read.Item.sk}`, read.Item.version);
    return answer;
  });
}
