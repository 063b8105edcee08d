import type { DynamoDBStreamEvent } from 'aws-lambda';
import { expect } from 'vitest';
import { createPublisher } from '../../functions/stream/publish.ts';
import { openStreamReader } from '../../local/dynamodb/streams.ts';
import { openUpstream } from '../../local/dynamodb/upstream.ts';
import type { Account } from './account.ts';
import { type Line, linesOf } from './audit-lines.ts';
import type { ControlPlane } from './control-plane.ts';

type Records = DynamoDBStreamEvent['Records'];

/** What tests of the audit log do with a control plane. */
export function auditing(plane: () => ControlPlane) {
  async function auditLogs({ path, token }: Account, query = ''): Promise<Line[]> {
    const { status, body } = await plane().call('GET', `${path}/audit-logs${query}`, undefined, { token });
    expect(status, JSON.stringify(body)).toBe(200);
    return linesOf(body);
  }

  const call = (account: Account, method: string, path: string, body?: unknown) =>
    plane().call(method, `${account.path}${path}`, body, { token: account.token });

  /** The records of the table's stream, from the first on. */
  async function streamed(): Promise<Records> {
    const upstream = openUpstream(Number(new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? '').port));
    const reader = openStreamReader(upstream, plane().services.environment.TABLE_NAME);
    const records: unknown[] = [];
    let position = await reader.iteratorAfter(await reader.streamArn(), undefined);
    for (;;) {
      const page = await reader.read(position, 1000);
      if (page.records.length === 0) break;
      records.push(...page.records);
      position = page.next;
    }
    upstream.close();
    return records as Records;
  }

  /** Hands the publisher all that was streamed, then what came of that: the days of the entries. */
  async function publish(order = (records: Records) => records): Promise<void> {
    const publisher = createPublisher(plane().services);
    for (const _ of ['changes', 'entries']) {
      expect(await publisher({ Records: order(await streamed()) })).toEqual({ batchItemFailures: [] });
    }
  }

  return { auditLogs, call, publish };
}
