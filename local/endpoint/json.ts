import { z } from 'zod';
import { type Allows, demand } from './grants.ts';
import { actionOf, type Service, ServiceError } from './service.ts';
import type { Failure, Protocol, WireAnswer, WireRequest } from './wire.ts';

/** AWS's JSON protocols 1.0 and 1.1: `X-Amz-Target: <service's target>.<action>`, JSON both ways. */
export function jsonProtocol(services: readonly Service[], allows: Allows): Protocol {
  const byTarget = new Map(services.map((service) => [service.target, service]));
  const serviceOf = (request: WireRequest) => byTarget.get(target(request).service);
  return {
    claims: (request) => serviceOf(request) !== undefined,
    async answer(request) {
      const service = serviceOf(request);
      const name = target(request).action;
      const action = service === undefined ? undefined : actionOf(service, name);
      if (service === undefined || action === undefined) {
        throw new ServiceError('UnknownOperationException', `Action ${name} is not served here`);
      }
      const input = parseJson(request.body);
      demand(allows, request.principal, `${service.name}:${name}`, service.resources(name, input));
      for (const also of service.also?.(name, input) ?? []) {
        demand(allows, request.principal, also.action, also.resources);
      }
      const output = await action(input, { principal: request.principal });
      return {
        status: 200,
        headers: { 'content-type': `application/x-amz-json-${service.jsonVersion}` },
        body: JSON.stringify(output ?? {}),
      };
    },
    failure: (_request, failure) => jsonFailure(failure),
  };
}

/** An AWS error as JSON: `__type` names it, and the same name in the header that the REST clients read. */
export function jsonFailure({ code, message, statusCode }: Failure): WireAnswer {
  return {
    status: statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
  };
}

/** The request's JSON, `{}` for an empty body. Throws SerializationException. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ServiceError('SerializationException', `The request's body is not JSON: ${String(error)}`);
  }
}

/** Checks an action's input. Throws `code` (ValidationException) with the path of the first wrong field. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, code = 'ValidationException'): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError(code, z.prettifyError(parsed.error));
}

function target(request: WireRequest): { service: string; action: string } {
  const header = request.headers['x-amz-target'];
  const [service = '', action = ''] = typeof header === 'string' ? header.split('.') : [];
  return { service, action };
}
