import { z } from 'zod';
import type { Upstream } from './upstream.ts';

/** A stream record as DynamoDB sends it; images stay as they came. */
const streamRecord = z.looseObject({
  eventID: z.string(),
  dynamodb: z.looseObject({ SequenceNumber: z.string(), ApproximateCreationDateTime: z.number() }),
});
export type StreamRecord = z.infer<typeof streamRecord>;

export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Where the next page begins. */
  readonly next: string;
}

const described = z.object({ Table: z.object({ LatestStreamArn: z.string() }) });
const shards = z.object({
  StreamDescription: z.object({ Shards: z.array(z.object({ ShardId: z.string() })).min(1) }),
});
const iterator = z.object({ ShardIterator: z.string() });
const page = z.object({ Records: z.array(streamRecord), NextShardIterator: z.string() });

export interface StreamReader {
  /** The ARN of the table's present stream. */
  streamArn(): Promise<string>;
  /** An iterator after this record, or from the oldest record that is kept. */
  iteratorAfter(streamArn: string, sequenceNumber: string | undefined): Promise<string>;
  read(iterator: string, limit: number): Promise<StreamPage>;
}

/** Reads the stream of one table. The database behind keeps a table's stream in one shard. */
export function openStreamReader(upstream: Upstream, tableName: string): StreamReader {
  async function ask<T>(target: string, input: unknown, schema: z.ZodType<T>): Promise<T> {
    const answer = await upstream.send(
      {
        'x-amz-target': target,
        'x-amz-date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
        'content-type': 'application/x-amz-json-1.0',
        authorization: `AWS4-HMAC-SHA256 Credential=runner/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local`,
      },
      Buffer.from(JSON.stringify(input)),
    );
    const body = answer.body.toString();
    if (answer.status !== 200) throw new Error(`${target} of table ${tableName}: ${answer.status} ${body}`);
    return schema.parse(JSON.parse(body));
  }
  return {
    async streamArn() {
      return (await ask('DynamoDB_20120810.DescribeTable', { TableName: tableName }, described)).Table
        .LatestStreamArn;
    },
    async iteratorAfter(StreamArn, SequenceNumber) {
      const { StreamDescription } = await ask(
        'DynamoDBStreams_20120810.DescribeStream',
        { StreamArn },
        shards,
      );
      const ShardId = StreamDescription.Shards[0]?.ShardId;
      const from =
        SequenceNumber === undefined
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber };
      const input = { StreamArn, ShardId, ...from };
      return (await ask('DynamoDBStreams_20120810.GetShardIterator', input, iterator)).ShardIterator;
    },
    async read(ShardIterator, Limit) {
      const found = await ask('DynamoDBStreams_20120810.GetRecords', { ShardIterator, Limit }, page);
      return { records: found.Records, next: found.NextShardIterator };
    },
  };
}
