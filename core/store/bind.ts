import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

type Send = DynamoDBDocumentClient['send'];

const bound = new AsyncLocalStorage<DynamoDBDocumentClient>();

/** The client that the entities are parsed with: it sends by the client that their user is bound to, or not at all. */
export const boundClient = {
  async send(command: Parameters<Send>[0], ...options: []): Promise<unknown> {
    const client = bound.getStore();
    if (client === undefined) throw new Error('The entities are not bound to a client: use a store');
    return await client.send(command, ...options);
  },
};

/**
 * ElectroDB's entities or a part of them, in which every `go()` uses this client. Entities are parsed once, which
 * takes milliseconds each; binding them costs nothing, so each organization can have its own client.
 */
export function bind<T extends object>(target: T, client: DynamoDBDocumentClient): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property);
      if (typeof value !== 'function') return bindResult(value, client);
      return (...args: unknown[]): unknown =>
        property === 'go'
          ? bound.run(client, () => Reflect.apply(value, object, args))
          : bindResult(Reflect.apply(value, object, args), client);
    },
  });
}

function bindResult(value: unknown, client: DynamoDBDocumentClient): unknown {
  return typeof value === 'object' && value !== null ? bind(value, client) : value;
}
