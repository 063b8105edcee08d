import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';

/** What Node tells of each HTTP request that this process sends. */
const CHANNEL = 'http.client.request.start';
const TARGET = /^DynamoDB_\d+\.(\w+)$/;

/** Runs `work` and answers the DynamoDB operations that this process asked for meanwhile, by name. */
export async function dynamodbOperationsOf(work: () => Promise<void>): Promise<string[]> {
  const operations: string[] = [];
  const listen = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('request' in message)) return;
    const { request } = message;
    if (!(request instanceof ClientRequest)) return;
    const operation = TARGET.exec(String(request.getHeader('x-amz-target') ?? ''))?.[1];
    if (operation !== undefined) operations.push(operation);
  };
  subscribe(CHANNEL, listen);
  try {
    await work();
  } finally {
    unsubscribe(CHANNEL, listen);
  }
  return operations;
}

/** `2 GetItem, 1 Query`; `none` when there are none. */
export function counts(operations: readonly string[]): string {
  const byName = Object.entries(Object.groupBy(operations, (operation) => operation));
  return byName.map(([name, { length } = []]) => `${length} ${name}`).join(', ') || 'none';
}
