import { z } from 'zod';
import type { FunctionEntry } from '../../functions/catalog.ts';
import { parseInput } from '../endpoint/json.ts';
import { arn, type Service, ServiceError } from '../endpoint/service.ts';
import { functionArn } from '../lambda/host.ts';
import {
  createGroup,
  deleteGroup,
  groupExists,
  listGroups,
  listStreams,
  type StreamSummary,
} from './files.ts';
import { readPattern } from './pattern.ts';
import { type LogEvent, pageOf, queryLogs, tokenAfter } from './query.ts';
import type { Subscriptions } from './subscriptions.ts';

const INVALID = 'InvalidParameterException';
const groupName = z.string().regex(/^[.\-_/#A-Za-z0-9]{1,512}$/, 'must be 1 to 512 of A-Z a-z 0-9 . - _ / #');
const ofGroup = z.object({ logGroupName: groupName });
const from = z.int().nonnegative().default(0);
const to = z.int().nonnegative().default(Number.MAX_SAFE_INTEGER);
const token = z
  .string()
  .regex(/^\d+:\d+$/, 'is not a token that was given')
  .optional();
const describeGroups = z.object({
  logGroupNamePrefix: z.string().default(''),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().optional(),
});
const describeStreams = ofGroup.extend({
  logStreamNamePrefix: z.string().default(''),
  orderBy: z.enum(['LogStreamName', 'LastEventTime']).default('LogStreamName'),
  descending: z.boolean().default(false),
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().optional(),
});
const filterEvents = ofGroup.extend({
  logStreamNames: z.array(z.string()).min(1).max(100).optional(),
  logStreamNamePrefix: z.string().default(''),
  startTime: from,
  endTime: to,
  filterPattern: z.string().max(1024).default(''),
  limit: z.int().min(1).max(10_000).default(10_000),
  nextToken: token,
});
const putFilter = ofGroup.extend({
  filterName: z.string().regex(/^[^:*]{1,512}$/, 'must be 1 to 512 characters without : and *'),
  filterPattern: z.string().max(1024),
  destinationArn: z.string().min(1),
});
const getEvents = ofGroup.extend({
  logStreamName: z.string().min(1),
  startTime: from,
  endTime: to,
  limit: z.int().min(1).max(10_000).default(10_000),
  startFromHead: z.boolean().default(false),
  nextToken: z
    .string()
    .regex(/^f\/\d+:\d+$/, 'is not a forward token that was given')
    .optional(),
});

/**
 * CloudWatch Logs' reading actions over the log files under `root`, which containers and functions write, and its
 * subscription filters, which may send to the catalog's functions that logs trigger.
 */
export function createLogs(
  root: string,
  functions: readonly FunctionEntry[],
  subscriptions: Pick<Subscriptions, 'put' | 'remove'>,
): Service {
  function requireGroup(group: string): string {
    if (groupExists(root, group)) return group;
    throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
  }

  return {
    name: 'logs',
    target: 'Logs_20140328',
    jsonVersion: '1.1',
    resources(_action, input) {
      const names = z
        .object({ logGroupName: z.string().default(''), logStreamName: z.string().default('') })
        .catch({ logGroupName: '', logStreamName: '' })
        .parse(input);
      return [arn('logs', `log-group:${names.logGroupName}:log-stream:${names.logStreamName}`)];
    },
    actions: {
      CreateLogGroup(input) {
        const { logGroupName } = parseInput(ofGroup, input, INVALID);
        if (groupExists(root, logGroupName)) {
          throw new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
        }
        createGroup(root, logGroupName);
        return {};
      },
      DeleteLogGroup(input) {
        const group = requireGroup(parseInput(ofGroup, input, INVALID).logGroupName);
        subscriptions.remove(group);
        deleteGroup(root, group);
        return {};
      },
      PutSubscriptionFilter(input) {
        const { logGroupName, filterName, filterPattern, destinationArn } = parseInput(
          putFilter,
          input,
          INVALID,
        );
        const group = requireGroup(logGroupName);
        requirePattern(filterPattern);
        const target = functions.find(
          ({ name, trigger }) => trigger.kind === 'log' && functionArn(name) === destinationArn,
        );
        if (target === undefined) {
          throw new ServiceError(
            INVALID,
            'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
          );
        }
        subscriptions.put({ group, name: filterName, pattern: filterPattern, functionName: target.name });
        return {};
      },
      DescribeLogGroups(input) {
        const { logGroupNamePrefix, limit, nextToken = '' } = parseInput(describeGroups, input, INVALID);
        const names = listGroups(root).filter(
          (name) => name.startsWith(logGroupNamePrefix) && name > nextToken,
        );
        return {
          logGroups: names.slice(0, limit).map((logGroupName) => ({
            logGroupName,
            arn: arn('logs', `log-group:${logGroupName}:*`),
            logGroupArn: arn('logs', `log-group:${logGroupName}`),
          })),
          ...(names.length > limit ? { nextToken: names[limit - 1] } : {}),
        };
      },
      DescribeLogStreams(input) {
        const request = parseInput(describeStreams, input, INVALID);
        const streams = listStreams(root, requireGroup(request.logGroupName))
          .filter(({ name }) => name.startsWith(request.logStreamNamePrefix))
          .sort(request.orderBy === 'LastEventTime' ? (a, b) => a.lastWritten - b.lastWritten : byName);
        const ordered = request.descending ? streams.toReversed() : streams;
        const start = ordered.findIndex(({ name }) => name === request.nextToken) + 1;
        const page = ordered.slice(start, start + request.limit);
        return {
          logStreams: page.map((stream) => describeStream(request.logGroupName, stream)),
          ...(start + page.length < ordered.length ? { nextToken: page.at(-1)?.name } : {}),
        };
      },
      async FilterLogEvents(input) {
        const request = parseInput(filterEvents, input, INVALID);
        const group = requireGroup(request.logGroupName);
        const matches = requirePattern(request.filterPattern);
        const streams = listStreams(root, group)
          .map(({ name }) => name)
          .filter(
            (name) => request.logStreamNames?.includes(name) ?? name.startsWith(request.logStreamNamePrefix),
          );
        const events = await queryLogs(root, {
          group,
          streams,
          from: request.startTime,
          to: request.endTime,
          matches,
        });
        const page = pageOf(events, request.limit, request.nextToken);
        return {
          events: page.events.map((event) => ({
            ...describeEvent(event),
            logStreamName: event.stream,
            eventId: event.id,
          })),
          searchedLogStreams: [],
          ...(page.next === undefined ? {} : { nextToken: page.next }),
        };
      },
      async GetLogEvents(input) {
        const request = parseInput(getEvents, input, INVALID);
        const group = requireGroup(request.logGroupName);
        const streams = [request.logStreamName];
        if (!listStreams(root, group).some(({ name }) => name === request.logStreamName)) {
          throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
        }
        const all = await queryLogs(root, {
          group,
          streams,
          from: request.startTime,
          to: request.endTime,
          matches: () => true,
        });
        const after = request.nextToken?.slice('f/'.length);
        const fromHead = request.startFromHead || after !== undefined;
        const events = fromHead ? pageOf(all, request.limit, after).events : all.slice(-request.limit);
        return { events: events.map(describeEvent), nextForwardToken: `f/${tokenAfter(events, after)}` };
      },
    },
  };
}

function requirePattern(pattern: string): (message: string) => boolean {
  const matches = readPattern(pattern);
  if (matches !== undefined) return matches;
  throw new ServiceError(INVALID, `filterPattern ${pattern}: only terms are served here`);
}

function byName(a: StreamSummary, b: StreamSummary): number {
  return a.name < b.name ? -1 : 1;
}

function describeEvent({ timestamp, message }: LogEvent) {
  return { timestamp, message, ingestionTime: timestamp };
}

function describeStream(group: string, { name, created, lastWritten, bytes }: StreamSummary) {
  return {
    logStreamName: name,
    arn: arn('logs', `log-group:${group}:log-stream:${name}`),
    creationTime: created,
    lastEventTimestamp: lastWritten,
    lastIngestionTime: lastWritten,
    storedBytes: bytes,
  };
}
