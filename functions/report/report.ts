import { gunzipSync } from 'node:zlib';
import type { CloudWatchLogsEvent } from 'aws-lambda';
import { z } from 'zod';
import { Id } from '../../core/id.ts';
import { readLine } from '../../core/out-of-memory/line.ts';
import { recordOutOfMemory } from '../../core/out-of-memory/record.ts';
import { log } from '../log.ts';
import type { Services } from '../services.ts';

/** CloudWatch Logs sends some MiB at most. */
const LONGEST_BATCH = 16 * 1024 * 1024;

/** Lines of one log stream. The filter is named by the organization, the group by the deployment. */
const Batch = z.discriminatedUnion('messageType', [
  z.object({
    messageType: z.literal('DATA_MESSAGE'),
    logGroup: z.string(),
    logStream: z.string(),
    subscriptionFilters: z.tuple([Id]),
    logEvents: z.array(z.object({ timestamp: z.int(), message: z.string() })),
  }),
  z.object({ messageType: z.literal('CONTROL_MESSAGE') }),
]);

/** Records what containers told in their logs. An error makes CloudWatch Logs deliver the same lines again. */
export function createReporter(services: Services) {
  return async ({ awslogs }: CloudWatchLogsEvent): Promise<void> => {
    const text = gunzipSync(Buffer.from(awslogs.data, 'base64'), { maxOutputLength: LONGEST_BATCH });
    const batch = Batch.parse(JSON.parse(text.toString()));
    if (batch.messageType === 'CONTROL_MESSAGE') return;
    const { logGroup, logStream, logEvents } = batch;
    const [organizationId] = batch.subscriptionFilters;
    const deploymentId = Id.parse(logGroup.slice(services.environment.CELL.logGroupPrefix.length + 1));
    const told = logEvents.flatMap((event) => readLine(logStream, event) ?? []);
    // A task may write whatever it likes, so that this is no error of the platform's.
    if (told.length < logEvents.length) {
      log('info', 'lines not readable', { logGroup, logStream, lines: logEvents.length - told.length });
    }
    if (told.length > 0) await recordOutOfMemory(services, { organizationId, deploymentId }, told);
  };
}
