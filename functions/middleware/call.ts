import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Scope } from '../../core/scope.ts';
import type { RawRequest, Reply, Route } from '../api/route.ts';

/** What the middlewares learn of one request, in their order: each fills in its part for those after it. */
export interface Call {
  readonly scope: Scope;
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly request: RawRequest;
  readonly input: {
    readonly params: unknown;
    readonly query: unknown;
    readonly body: unknown;
    /** Whether the plan is asked for, and nothing is to be done. */
    readonly isDryRun: boolean;
  };
}

/** What the handler answers, and what the gateway is answered once that is shaped. */
export type Answer = Reply<unknown> | APIGatewayProxyStructuredResultV2;

export type Middleware = MiddlewareObj<APIGatewayProxyEventV2, Answer>;

const calls = new WeakMap<APIGatewayProxyEventV2, Partial<Call>>();

/** What is known of the request that this event brought, as far as the middlewares have come. */
export function known(event: APIGatewayProxyEventV2): Partial<Call> {
  return calls.get(event) ?? {};
}

/** A part of the call that an earlier middleware must have filled in. */
export function part<K extends keyof Call>(event: APIGatewayProxyEventV2, name: K): Call[K] {
  const value = known(event)[name];
  if (value === undefined) throw new Error(`No middleware has set the call's ${name} yet`);
  return value;
}

/** Fills in parts of the call. */
export function learn(event: APIGatewayProxyEventV2, parts: Partial<Call>): void {
  calls.set(event, { ...known(event), ...parts });
}
