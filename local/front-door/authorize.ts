import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Claims } from './keys.ts';

/** How a request shows who sends it. */
export type Credential =
  | { readonly kind: 'token'; readonly authorization: string }
  | { readonly kind: 'session'; readonly session: string };

export type Verdict =
  | { readonly status: 'authorized'; readonly claims: Claims }
  /** 401, 403 or 404 as the control plane answered; 503 when it did not. */
  | { readonly status: 'denied'; readonly statusCode: number; readonly message: string };

/** Asks the control plane whether a credential opens a deployment. */
export type Authorize = (namespace: string, credential: Credential) => Promise<Verdict>;

const authorized = z.object({ subject: z.string(), role: z.enum(['ADMIN', 'OP', 'USER', 'VIEWER']) });
const denied = z.object({ message: z.string() });

/**
 * Asks `POST /private/v1alpha1/front-door/authorize` of the API at `origin`, as the front door, which `secret`
 * proves. `onError` is told when there is no usable answer.
 */
export function askControlPlane(options: {
  readonly origin: string;
  readonly secret: string;
  readonly onError: (message: string, error: unknown) => void;
}): Authorize {
  return async (namespace, credential) => {
    const shown =
      credential.kind === 'token'
        ? { authorization: credential.authorization }
        : { session: credential.session };
    try {
      const answer = await fetch(`${options.origin}/private/v1alpha1/front-door/authorize`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-windsock-front-door': options.secret },
        body: JSON.stringify({ namespace, ...shown }),
        signal: AbortSignal.timeout(10_000),
      });
      const body: unknown = await answer.json();
      if (answer.ok) return { status: 'authorized', claims: { namespace, ...authorized.parse(body) } };
      if (![401, 403, 404].includes(answer.status)) throw new Error(`It answered ${answer.status}`);
      return { status: 'denied', statusCode: answer.status, message: denied.parse(body).message };
    } catch (error) {
      options.onError('the front door cannot ask who may come in', error);
      return {
        status: 'denied',
        statusCode: 503,
        message: 'Signing in is not possible now. Try again later.',
      };
    }
  };
}

/** How long an authorization is believed: revocation is seen within this. */
const BELIEVED_MS = 5_000;
/** As many are kept at most; beyond it the oldest go. */
const KEPT = 1_000;

export interface Pass {
  readonly status: 'authorized';
  /** The token for the deployment. */
  readonly token: string;
}

/**
 * Remembers for five seconds whom the control plane let in and the token that was signed for it, so that a page's
 * many requests ask once. Denials are not remembered: who was just given access has it.
 */
export function rememberPasses(
  authorize: Authorize,
  sign: (claims: Claims) => Promise<string>,
): (namespace: string, credential: Credential) => Promise<Pass | Exclude<Verdict, { status: 'authorized' }>> {
  const kept = new Map<string, { readonly until: number; readonly pass: ReturnType<typeof ask> }>();

  async function ask(namespace: string, credential: Credential) {
    const verdict = await authorize(namespace, credential);
    if (verdict.status === 'denied') return verdict;
    return { status: 'authorized', token: await sign(verdict.claims) } as const;
  }

  return async (namespace, credential) => {
    const key = createHash('sha256')
      .update(JSON.stringify([namespace, credential]))
      .digest('base64');
    const found = kept.get(key);
    if (found !== undefined && performance.now() < found.until) return found.pass;
    const pass = ask(namespace, credential);
    kept.delete(key);
    kept.set(key, { until: performance.now() + BELIEVED_MS, pass });
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    const answer = await pass;
    if (answer.status === 'denied') kept.delete(key);
    return answer;
  };
}
