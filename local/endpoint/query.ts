import { type Allows, demand } from './grants.ts';
import { actionOf, type Service, ServiceError } from './service.ts';
import type { Protocol, WireRequest } from './wire.ts';

/** AWS's Query protocol, which IAM speaks: a form with `Action` in, XML out. */
export function queryProtocol(service: Service, allows: Allows): Protocol {
  return {
    claims: (request) =>
      String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded') &&
      actionOf(service, nameOf(request)) !== undefined,
    async answer(request) {
      const name = nameOf(request);
      const action = actionOf(service, name);
      if (action === undefined) throw new ServiceError('InvalidAction', `Action ${name} is not served here`);
      const input = Object.fromEntries(new URLSearchParams(request.body.toString('utf8')));
      demand(allows, request.principal, `${service.name}:${name}`, service.resources(name, input));
      const output = await action(input, { principal: request.principal });
      const metadata = toXml('ResponseMetadata', { RequestId: request.id });
      return xml(200, `<${name}Response>${toXml(`${name}Result`, output)}${metadata}</${name}Response>`);
    },
    failure(request, { code, message, statusCode }) {
      const error = {
        Type: statusCode < 500 ? 'Sender' : 'Receiver',
        Code: queryCode(code),
        Message: message,
      };
      const body = toXml('Error', error) + toXml('RequestId', request.id);
      return xml(
        queryCode(code) === 'AccessDenied' ? 403 : statusCode,
        `<ErrorResponse>${body}</ErrorResponse>`,
      );
    },
  };
}

function nameOf(request: WireRequest): string {
  return new URLSearchParams(request.body.toString('utf8')).get('Action') ?? '';
}

function xml(status: number, body: string) {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

/** An element of the Query protocol: objects become elements, lists `member` elements. */
function toXml(name: string, value: unknown): string {
  const inner = Array.isArray(value)
    ? value.map((member) => toXml('member', member)).join('')
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, member]) => toXml(key, member))
          .join('')
      : escapeXml(String(value));
  return `<${name}>${inner}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The Query protocol's name of the refusal that the JSON protocols call AccessDeniedException. */
function queryCode(code: string): string {
  return code === 'AccessDeniedException' ? 'AccessDenied' : code;
}
