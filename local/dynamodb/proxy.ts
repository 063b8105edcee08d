import { type Allows, demand } from '../endpoint/grants.ts';
import { jsonFailure, parseJson } from '../endpoint/json.ts';
import type { Protocol, WireRequest } from '../endpoint/wire.ts';
import { accesses } from './access.ts';
import type { Upstream } from './upstream.ts';

const TARGET = /^DynamoDB(?:Streams)?_20120810\.(\w+)$/;
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);
const PASSED_ON = ['x-amz-target', 'x-amz-date', 'authorization', 'content-type'];

/**
 * DynamoDB and its streams: checks the caller's grants by table and index, and hands the bytes to the database
 * and back. `onWrite` is told after each write that succeeded, so that the stream's reader need not poll fast.
 */
export function dynamodbProtocol(upstream: Upstream, allows: Allows, onWrite: () => void): Protocol {
  return {
    claims: (request) => TARGET.test(target(request)),
    async answer(request) {
      const operation = TARGET.exec(target(request))?.[1] ?? '';
      for (const { action, resource } of accesses(operation, parseJson(request.body))) {
        demand(allows, request.principal, action, [resource]);
      }
      const answer = await upstream.send(passedOn(request), request.body);
      if (answer.status === 200 && WRITES.has(operation)) onWrite();
      return answer;
    },
    failure: (_request, failure) => jsonFailure(failure),
  };
}

function target(request: WireRequest): string {
  return String(request.headers['x-amz-target'] ?? '');
}

function passedOn(request: WireRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
