import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { intercept } from './intercept.ts';

/** The partition keys of an organization's items all begin with this. */
export function leadingKey(organizationId: string): string {
  return `org#${organizationId}`;
}

/**
 * The same client, able to address one organization's items only: a command with a key of anybody else, or with
 * no key at all, throws before it is sent. On AWS a LeadingKeys policy can say the same again.
 */
export function tenantClient(client: DynamoDBDocumentClient, organizationId: string): DynamoDBDocumentClient {
  const prefix = leadingKey(organizationId);
  return intercept(client, async (command, pass) => {
    const keys = partitionKeys(command.input);
    if (keys.length === 0) throw new Error(`${command.constructor.name} names no partition key`);
    const foreign = keys.find((key) => key !== prefix && !key.startsWith(`${prefix}#`));
    if (foreign !== undefined) throw new Error(`${foreign} is not of organization ${organizationId}`);
    return await pass(command);
  });
}

/** Every partition key that a command's input names; one that cannot be read counts as foreign. */
function partitionKeys(input: unknown): string[] {
  if (!isRecord(input)) return [];
  if ('TransactItems' in input)
    return list(input.TransactItems).flatMap((item) => values(item).flatMap(partitionKeys));
  if ('RequestItems' in input) return values(input.RequestItems).flatMap(requestKeys);
  if ('Key' in input) return [keyOf(input.Key)];
  if ('Item' in input) return [keyOf(input.Item)];
  if ('KeyConditionExpression' in input && !('IndexName' in input)) {
    return [keyOf(input.ExpressionAttributeValues, ':pk')];
  }
  return [];
}

function requestKeys(request: unknown): string[] {
  if (isRecord(request) && 'Keys' in request) return list(request.Keys).map((key) => keyOf(key));
  return list(request).flatMap((write) => values(write).flatMap(partitionKeys));
}

function keyOf(attributes: unknown, name = 'pk'): string {
  const key = isRecord(attributes) ? attributes[name] : undefined;
  return typeof key === 'string' ? key : '(unreadable key)';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function values(value: unknown): unknown[] {
  return isRecord(value) ? Object.values(value) : [];
}
