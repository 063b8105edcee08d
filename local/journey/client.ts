import type { z } from 'zod';

/** Speaks to the platform's public HTTP API. */
export interface Client {
  /** Answers the JSON of a 2xx answer, parsed by `schema`. Throws `Refused` for any other. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  patch<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
}

/** An answer that is not 2xx. */
export class Refused extends Error {
  readonly statusCode: number;
  constructor(request: string, statusCode: number, answer: string) {
    super(`${request} answered ${statusCode}: ${answer}`);
    this.name = 'Refused';
    this.statusCode = statusCode;
  }
}

/** A client of the platform at `origin`, with a token once there is one. */
export function createClient(origin: string, token?: string): Client {
  async function call<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Refused(`${method} ${path}`, response.status, text.slice(0, 500));
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }
  return {
    get: (path, schema) => call('GET', path, schema),
    post: (path, body, schema) => call('POST', path, schema, body),
    patch: (path, body, schema) => call('PATCH', path, schema, body),
  };
}
