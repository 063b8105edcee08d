import {
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import type { AirflowComponent } from '../component/airflow.ts';
import { logGroup } from '../component/names.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import { getDeployment } from '../deployment/read.ts';
import { invalid, type VisibleError } from '../errors.ts';
import type { Services } from '../services.ts';
import { patternOf } from './pattern.ts';

/** Where a line of a deployment's log comes from, as the API's reference names it. */
export const LogSource = z.enum([
  'scheduler',
  'dag-processor',
  'triggerer',
  'apiserver',
  'webserver',
  'worker',
]);
export type LogSource = z.infer<typeof LogSource>;

/** The component that writes a source's streams. Airflow 3 has no webserver: its api-server is what that was. */
const componentOf: Readonly<Record<LogSource, AirflowComponent>> = {
  scheduler: 'scheduler',
  'dag-processor': 'dag-processor',
  triggerer: 'triggerer',
  apiserver: 'api-server',
  webserver: 'api-server',
  worker: 'worker',
};

/** Times are milliseconds since 1970. */
export interface LogSearch {
  readonly sources: readonly LogSource[];
  readonly searchText?: string | undefined;
  readonly start: number;
  readonly end: number;
  /** How many of the newest lines are wanted in all. */
  readonly most: number;
}

/** A line as the API answers it; its time is in seconds since 1970. */
export const LogLine = z.object({ raw: z.string(), timestamp: z.number(), source: LogSource });
export type LogLine = z.infer<typeof LogLine>;

/**
 * CloudWatch Logs reads forwards only: the newest lines are looked for in the last minute, then further back, each
 * time in what was not read yet.
 */
const BACK_MILLISECONDS = [60_000, 600_000, 3_600_000, 21_600_000, Number.POSITIVE_INFINITY] as const;
/** Pages of up to 10,000 lines that are read of one source between two of these times. */
const MOST_PAGES = 20;

/**
 * The newest lines of a deployment's components that match, the oldest of them first. 400 when there are so many
 * that the newest of them cannot be told without reading for too long.
 */
export async function searchLogs(
  services: Services,
  ids: DeploymentIds,
  search: LogSearch,
): Promise<LogLine[]> {
  await getDeployment(services, ids);
  let lines: LogLine[] = [];
  let end = search.end;
  for (const back of BACK_MILLISECONDS) {
    const start = Math.max(search.start, search.end - back);
    const span = { ...search, start, end };
    const found = await Promise.all(search.sources.map((source) => linesOf(services, ids, span, source)));
    lines = [...found.flat().sort((a, b) => a.timestamp - b.timestamp), ...lines].slice(-search.most);
    if (lines.length === search.most || start === search.start) break;
    end = start - 1;
  }
  return lines;
}

async function linesOf(
  services: Services,
  { deploymentId }: DeploymentIds,
  { searchText, start, end, most }: LogSearch,
  source: LogSource,
): Promise<LogLine[]> {
  let lines: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await filter(services, {
      logGroupName: logGroup(services.environment.CELL.logGroupPrefix, deploymentId),
      logStreamNamePrefix: `${componentOf[source]}/`,
      startTime: start,
      endTime: end,
      ...(searchText === undefined ? {} : { filterPattern: patternOf(searchText) }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    lines = [...lines, ...answer.events].slice(-most);
    nextToken = answer.nextToken;
    if (nextToken === undefined) return lines.map((line) => lineOf(line, source));
  }
  throw tooManyLines(source, start, end);
}

function lineOf({ message = '', timestamp = 0 }: FilteredLogEvent, source: LogSource): LogLine {
  return { raw: message, timestamp: timestamp / 1000, source };
}

function tooManyLines(source: LogSource, start: number, end: number): VisibleError {
  const [from, to] = [new Date(start).toISOString(), new Date(end).toISOString()];
  const message = `${source} wrote more lines from ${from} to ${to} than one search reads; ask for a shorter time, which ends earlier or begins later`;
  return invalid({ field: 'startDate', code: 'too_many_lines', message });
}

async function filter(
  services: Services,
  input: FilterLogEventsCommandInput,
): Promise<{ events: FilteredLogEvent[]; nextToken: string | undefined }> {
  try {
    const { events = [], nextToken } = await services.logs.send(new FilterLogEventsCommand(input));
    return { events, nextToken };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { events: [], nextToken: undefined };
    throw error;
  }
}
