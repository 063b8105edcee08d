import type { Protocol } from './wire.ts';

/**
 * What every AWS endpoint of the local cloud is: a named service whose actions take the request's JSON and
 * answer JSON. The server (`server.ts`) reads the wire format, asks the grants, and calls the action.
 */
export interface Service {
  /** The IAM prefix of the service's actions, `ecs` in `ecs:RunTask`. */
  readonly name: string;
  /** What stands before the dot in the `X-Amz-Target` header, `AmazonEC2ContainerServiceV20141113`. */
  readonly target: string;
  /** The JSON protocol's version: 1.0 for Step Functions and DynamoDB, 1.1 for the others. */
  readonly jsonVersion: '1.0' | '1.1';
  /** The actions served, by their API name; each validates its own input with zod. */
  readonly actions: Readonly<Record<string, Action>>;
  /** The ARNs that a call touches, as IAM would see them; `*` for an action that names no resource. */
  resources(action: string, input: unknown): readonly string[];
  /** What else IAM asks of a call: other actions, such as `iam:PassRole`, on other resources. */
  also?(action: string, input: unknown): readonly Access[];
  /** What it answers in other forms than its actions. */
  readonly protocols?: readonly Protocol[];
}

/** An action with IAM's prefix, and the ARNs that it is about. */
export interface Access {
  readonly action: string;
  readonly resources: readonly string[];
}

/** One action of a service. Throws `ServiceError` for an answer that is an AWS error. */
export type Action = (input: unknown, call: Call) => unknown | Promise<unknown>;

/** Who calls: the access key of the request, which names a function of the catalog or a task's role. */
export interface Call {
  readonly principal: string;
}

/** The service's action of this name; undefined for one that it does not serve. */
export function actionOf(service: Service, name: string): Action | undefined {
  return Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
}

/** An error as AWS answers it: `__type` is `code`, the HTTP status is `statusCode`. */
export class ServiceError extends Error {
  readonly code: string;
  readonly statusCode: number;
  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** Region and account of the local cloud, as they stand in its ARNs. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

/** An ARN of the local cloud: `arn('ecs', 'service/cell/control')`. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
