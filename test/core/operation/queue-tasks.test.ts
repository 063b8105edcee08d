import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { namespaceOf } from '../../../core/deployment/namespace.ts';
import { countQueueTasks } from '../../../core/operation/queue-tasks.ts';
import { PATIENCE } from '../../support/patience.ts';

const ID = 'c123456789012345678901234';
const LIST = `/${namespaceOf(ID)}/api/v2/dags/~/dagRuns/~/taskInstances`;

/** How many tasks Airflow has, by queue and state. */
const TASKS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  big: { running: 1, queued: 2, scheduled: 40, up_for_reschedule: 50, up_for_retry: 3, success: 900 },
  huge: {},
};

let airflow: RequestListener;
const server = createServer((request, response) => airflow(request, response));
let cell: { publicUrl: string };
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  cell = { publicUrl: `http://127.0.0.1:${port}/{namespace}` };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const counted = (queues = ['big', 'huge'], patienceMs = 10_000 * PATIENCE) =>
  countQueueTasks(cell, ID, queues, 'Bearer caller', patienceMs);

test('what runs, waits and is still to come is counted by queue, for whoever calls', async () => {
  const credentials = new Set<string | undefined>();
  airflow = ({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://airflow');
    expect(pathname).toBe(LIST);
    expect(searchParams.get('limit')).toBe('0');
    credentials.add(headers.authorization);
    const inQueue = TASKS[searchParams.get('queue') ?? ''] ?? {};
    const total_entries = searchParams.getAll('state').reduce((sum, state) => sum + (inQueue[state] ?? 0), 0);
    response.end(JSON.stringify({ task_instances: [], total_entries }));
  };
  expect(await counted()).toEqual({
    status: 'COUNTED',
    queues: [
      { queue: 'big', running: 1, queued: 42, later: 53 },
      { queue: 'huge', running: 0, queued: 0, later: 0 },
    ],
  });
  expect([...credentials]).toEqual(['Bearer caller']);
});

test.each<[string, RequestListener, RegExp]>([
  ['fails', (_request, response) => response.writeHead(503).end('{}'), /it answered 503/],
  ['answers garbage', (_request, response) => response.end('<html>'), /not valid JSON/],
  ['answers something else', (_request, response) => response.end('{"total": 1}'), /something else/],
  ['answers without an end', (_request, response) => Readable.from(spaces()).pipe(response), /too much/],
  ['hangs up', (request) => request.socket.destroy(), /fetch failed/],
  [
    'leads elsewhere',
    (_request, response) => response.writeHead(302, { location: LIST }).end(),
    /fetch failed/,
  ],
])('an Airflow that %s leaves the numbers unknown, with the reason', async (_what, answer, reason) => {
  airflow = answer;
  expect(await counted()).toEqual({ status: 'UNKNOWN', reason: expect.stringMatching(reason) });
});

test.each<[string, RequestListener]>([
  ['never answers', () => undefined],
  ['never ends its answer', (_request, response) => response.write('{')],
])('nobody waits for an Airflow that %s', async (_what, answer) => {
  airflow = answer;
  const patienceMs = 100;
  expect(await counted(['big'], patienceMs)).toEqual({
    status: 'UNKNOWN',
    reason: expect.stringMatching(/timeout/),
  });
});

test('queues are asked about a few at a time', async () => {
  let [open, most] = [0, 0];
  airflow = (_request, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      response.end('{"total_entries": 0}');
    });
  };
  const queues = Array.from({ length: 20 }, (_, index) => `queue-${index}`);
  expect(await counted(queues)).toMatchObject({ status: 'COUNTED', queues: { length: 20 } });
  expect(most).toBeLessThanOrEqual(12);
});

function* spaces(): Generator<string> {
  while (true) yield ' '.repeat(1_024);
}
