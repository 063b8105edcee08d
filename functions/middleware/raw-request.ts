import { VisibleError } from '../../core/errors.ts';
import { learn, type Middleware, part } from './call.ts';

/** The largest JSON body, in bytes: a deployment's variables may be 64 KiB, and all else is far smaller. */
const LARGEST_JSON = 1024 * 1024;

/** The request's bytes, headers and cookies; a JSON body that is too large is refused before it is parsed. */
export function rawRequest(): Middleware {
  return {
    before({ event }) {
      const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      if (part(event, 'route').body !== 'raw' && bytes.length > LARGEST_JSON) {
        const message = `The body has ${bytes.length} bytes; at most ${LARGEST_JSON} are taken.`;
        throw new VisibleError(413, message, [{ field: 'body', code: 'too_big', message }]);
      }
      const { rawPath, rawQueryString, headers, cookies = [], requestContext } = event;
      const url = rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`;
      const sourceAddress = requestContext.http.sourceIp;
      learn(event, { request: { url, bytes, headers, cookies, sourceAddress } });
    },
  };
}
