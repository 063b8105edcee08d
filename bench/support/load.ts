import { Agent, request } from 'node:http';
import { quantile } from './statistics.ts';

/** One request of the API. */
export interface Request {
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly body?: unknown;
}

/** A request and how it was answered. */
export interface Answered<R extends Request> {
  readonly request: R;
  readonly status: number;
  readonly milliseconds: number;
}

/** What a time of load has shown. */
export interface Load<R extends Request> {
  readonly seconds: number;
  /** In the order in which they were answered. */
  readonly answers: readonly Answered<R>[];
}

/**
 * Has a client for each token, over one kept connection each, ask its next request again and again for `seconds`.
 * Keeps every answer, whatever its status.
 */
export async function load<R extends Request>(
  url: string,
  tokens: readonly string[],
  { seconds, next }: { seconds: number; next: (client: number) => R },
): Promise<Load<R>> {
  const agent = new Agent({ keepAlive: true, maxSockets: tokens.length });
  const answers: Answered<R>[] = [];
  const started = performance.now();
  const deadline = started + seconds * 1000;
  const client = async (token: string, index: number) => {
    while (performance.now() < deadline) {
      const asked = performance.now();
      const request = next(index);
      const status = await send(agent, url, token, request);
      answers.push({ request, status, milliseconds: performance.now() - asked });
    }
  };
  await Promise.all(tokens.map(client));
  agent.destroy();
  return { seconds: (performance.now() - started) / 1000, answers };
}

/** Of a load, or a part of its answers: requests a second, median and 99 % in milliseconds, answers by status. */
export function figures({ seconds, answers }: Load<Request>): string[] {
  const times = answers.map(({ milliseconds }) => milliseconds);
  const byStatus = Object.entries(Object.groupBy(answers, ({ status }) => status));
  return [
    (answers.length / seconds).toFixed(0),
    quantile(times, 0.5).toFixed(1),
    quantile(times, 0.99).toFixed(1),
    byStatus.map(([status, { length } = []]) => `${status}: ${length}`).join(', '),
  ];
}

/** Sends a request and reads its answer to the end; answers the status. */
function send(agent: Agent, url: string, token: string, { method, path, body }: Request): Promise<number> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = request(`${url}${path}`, {
      agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    outgoing.end(text);
  });
}
