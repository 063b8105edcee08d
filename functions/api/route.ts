import type { z } from 'zod';
import type { Plan } from '../../core/operation/plan.ts';
import type { Permission } from '../../core/permission/permissions.ts';
import type { Scope } from '../../core/scope.ts';
import type { Services } from '../services.ts';

/** Who may call a route. A route without one of these does not compile. */
export type Access =
  /** Anybody: sign-up, sign-in, the CLI's auth config. */
  | { readonly kind: 'public' }
  /** Whoever holds the URL: its signature is checked by the handler's core function. */
  | { readonly kind: 'signed-url' }
  /** The one-machine operator's token. */
  | { readonly kind: 'operator' }
  /** The cell's own front door. */
  | { readonly kind: 'front-door' }
  /** Any valid user or API token; what it answers is the caller's own. */
  | { readonly kind: 'authenticated' }
  /** A role of the caller on the object the path names must hold this permission. */
  | { readonly kind: 'permission'; readonly permission: Permission };

/**
 * One entry of the route table. `path` is written with `{name}` parameters; `params`, `query` and `body` are strict
 * zod schemas, so that a field the API does not have is an error that names it. `answer` is what goes out: fields
 * it does not have are never sent. `handle` is one core function with what it needs.
 */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** The API reference's operation name, `CreateDeployment`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly path: `/${string}`;
  readonly summary: string;
  readonly access: Access;
  readonly params: Params;
  readonly query: Query;
  /** `raw` is the request's bytes, for uploads. */
  readonly body: Body | 'raw' | 'none';
  readonly answer: Answer;
  /** The last segment of a path that names a part of what GET answers without it: `roles` of a user. */
  readonly part?: 'roles';
  /** The status of success, where it is not 200, or 204 without an answer. */
  readonly status?: 201;
  handle(
    scope: Scope,
    input: Input<Params, Query, Body>,
    services: Services,
  ): Promise<Reply<z.input<Answer>>>;
  /** What `handle` would do, answered in its place, and nothing done, when the query says `dryRun=plan`. */
  plan?(scope: Scope, input: Input<Params, Query, Body>, services: Services): Promise<Plan>;
}

/** The validated parts of a request, and the request itself. */
interface Input<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  readonly request: RawRequest;
}

/** What a handler of uploads and pages needs of the request beside its validated parts. */
export interface RawRequest {
  /** Path and query as they came. */
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  /** The network address that it came from, as the gateway saw it. */
  readonly sourceAddress: string;
}

/** An answer: the status is 200 (204 without a body) unless it says otherwise, as pages and OpenID Connect do. */
export interface Reply<T> {
  readonly body?: T;
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Set-Cookie` headers, one each. */
  readonly cookies?: readonly string[];
}

/** Declares a route with its types inferred. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  entry: Route<P, Q, B, A>,
): Route<P, Q, B, A> {
  return entry;
}
