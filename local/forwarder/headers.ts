/** Header names in lower case to their value, or values where there are several. */
export type Headers = Record<string, string | string[]>;

/** Those that speak of one connection only (RFC 9110, 7.6.1), and `Expect`, which the proxy answers itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers, of `headersDistinct`, that a proxy passes on: all but those of the connection that they came on. */
export function endToEnd(headers: NodeJS.Dict<string[]>): Headers {
  const named = (headers.connection ?? []).flatMap((value) =>
    value.split(',').map((name) => name.trim().toLowerCase()),
  );
  const passed: Headers = {};
  for (const [name, values = []] of Object.entries(headers)) {
    const [first] = values;
    if (first === undefined || HOP_BY_HOP.has(name) || named.includes(name)) continue;
    passed[name] = values.length === 1 || name === 'host' ? first : values;
  }
  return passed;
}
