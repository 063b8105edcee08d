import { z } from 'zod';
import { type Allows, demand } from '../endpoint/grants.ts';
import { parseJson } from '../endpoint/json.ts';
import { type Action, ServiceError } from '../endpoint/service.ts';
import type { Failure, Protocol, WireAnswer, WireRequest } from '../endpoint/wire.ts';
import { parse } from './actions/input.ts';
import { roleOf } from './container.ts';
import type { Task } from './documents.ts';
import type { Store } from './store.ts';

const PATH = /^\/api\/([^/?]+)\/task-protection\/v1\/state$/;

const state = z.strictObject({ ProtectionEnabled: z.boolean(), ExpiresInMinutes: z.int().optional() });
const protections = z.object({
  protectedTasks: z.array(
    z.object({ taskArn: z.string(), protectionEnabled: z.boolean(), expirationDate: z.number().optional() }),
  ),
  failures: z.array(z.object({ arn: z.string(), reason: z.string() })),
});

export interface AgentOptions {
  readonly store: Store;
  /** The actions that it calls in a task's name. */
  readonly actions: { readonly GetTaskProtection: Action; readonly UpdateTaskProtection: Action };
  readonly allows: Allows;
}

/**
 * The ECS agent, which a task reaches at `ECS_AGENT_URI`: what that ends with is known to the task alone, and is all
 * that a request needs. It calls ECS with the task's role, which must be granted that.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function agentProtocol({ store, actions, allows }: AgentOptions): Protocol {
  async function call(name: keyof AgentOptions['actions'], task: Task, input: object): Promise<WireAnswer> {
    const definition = store.taskDefinition(task.taskDefinitionArn);
    const role = definition && roleOf(task, definition);
    if (role === undefined) {
      const message = 'Invalid Request: no task IAM role credentials available for task';
      throw new ServiceError('AccessDeniedException', message, 403);
    }
    const principal = `role-${role}`;
    demand(allows, principal, `ecs:${name}`, [task.taskArn]);
    const output = await actions[name](
      { cluster: task.cluster, tasks: [task.taskArn], ...input },
      { principal },
    );
    return json(200, viewOf(protections.parse(output)));
  }

  return {
    isSigned: false,
    claims: ({ method, path }) => PATH.test(path) && (method === 'GET' || method === 'PUT'),
    async answer(request) {
      const task = taskOf(store, request);
      if (task === undefined) {
        throw new ServiceError('ResourceNotFoundException', 'Failed to find a task for the request', 404);
      }
      if (request.method === 'GET') return call('GetTaskProtection', task, {});
      const { ProtectionEnabled, ExpiresInMinutes } = parse(state, decoded(request.body));
      const input = { protectionEnabled: ProtectionEnabled, expiresInMinutes: ExpiresInMinutes };
      return call('UpdateTaskProtection', task, input);
    },
    failure: (request, failure) => failureOf(request, failure, taskOf(store, request)),
  };
}

/** What is no JSON is a wrong parameter to the agent. */
function decoded(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    throw new ServiceError('InvalidParameterException', 'UpdateTaskProtection: failed to decode request');
  }
}

function taskOf(store: Store, { path }: WireRequest): Task | undefined {
  const [, id] = PATH.exec(path) ?? [];
  return id === undefined ? undefined : store.liveTasks().find(({ agentId }) => agentId === id);
}

function viewOf({ protectedTasks: [one], failures: [failure] }: z.infer<typeof protections>) {
  if (failure !== undefined) return { failure: { Arn: failure.arn, Detail: null, Reason: failure.reason } };
  const expires = one?.expirationDate;
  return {
    protection: {
      ExpirationDate: expires === undefined ? null : new Date(expires * 1000).toISOString(),
      ProtectionEnabled: one?.protectionEnabled ?? false,
      TaskArn: one?.taskArn,
    },
  };
}

function failureOf({ id }: WireRequest, { code, message, statusCode }: Failure, task: Task | undefined) {
  return json(statusCode, { requestID: id, error: { Arn: task?.taskArn, Code: code, Message: message } });
}

function json(status: number, body: object): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
