import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { codeTo } from './mail.ts';
import { PATIENCE } from './patience.ts';
import type { Platform } from './platform.ts';

/** An answer of the API: its status and its JSON, or else its text. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Speaks to the platform's API as any client would. */
export interface Client {
  readonly token: string | undefined;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

/** How long a request that gets no answer at all is asked again: a runner that was killed starts within it. */
const PATIENCE_MS = 60_000 * PATIENCE;

export function createClient(url: string, token?: string): Client {
  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return await answered(`${url}${path}`, {
      method,
      headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
  return {
    token,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    delete: (path) => call('DELETE', path),
  };
}

async function answered(url: string, request: RequestInit): Promise<Answer> {
  const { status, headers, text } = await sent(url, request);
  const isJson = /[/+]json\b/.test(headers.get('content-type') ?? '');
  return { status, body: isJson && text !== '' ? JSON.parse(text) : text };
}

/** What a request is answered, which is sent again when its connection breaks. */
export async function sent(
  url: string,
  request: RequestInit,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const { href } = new URL(url);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const response = await fetch(href, request);
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (!(error instanceof TypeError) || performance.now() > deadline) throw error;
      await wait(100);
    }
  }
}

const Named = z.object({ id: z.string() });
const Verified = z.object({
  organization: Named,
  workspace: Named,
  user: Named,
  token: z.string(),
  trialExpiresAt: z.iso.datetime(),
});

/** A tenant that signed up through the public door. */
export interface Tenant {
  readonly client: Client;
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly workspaceId: string;
}

let tenants = 0;

/** Signs somebody new up, reads the code from the mailbox, and verifies. */
export async function signUp(platform: Pick<Platform, 'url'>): Promise<Tenant> {
  tenants += 1;
  const email = `person-${tenants}-${process.pid}@example.com`;
  const anonymous = createClient(platform.url);
  const password = `correct horse battery staple ${randomUUID()}`;
  const signup = await anonymous.post('/v1alpha1/signups', {
    email,
    password,
    fullName: 'A Person',
    organizationName: `Organization ${tenants}`,
  });
  if (signup.status !== 200)
    throw new Error(`Sign-up answered ${signup.status}: ${JSON.stringify(signup.body)}`);
  const code = await codeTo(anonymous, email);
  const { id } = Named.parse(signup.body);
  const verified = Verified.parse((await anonymous.post(`/v1alpha1/signups/${id}/verify`, { code })).body);
  return {
    client: createClient(platform.url, verified.token),
    token: verified.token,
    email,
    password,
    userId: verified.user.id,
    organizationId: verified.organization.id,
    workspaceId: verified.workspace.id,
  };
}
