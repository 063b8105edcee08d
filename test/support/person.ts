import type { Answer, CallOptions, ControlPlane } from './control-plane.ts';

/** A browser without scripts: it keeps cookies by path, and says where its forms come from. */
export interface Person {
  get(path: string): Promise<Answer>;
  /** Sends a form. `headers` are for what a browser would not say. */
  submit(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  cookie(name: string): string | undefined;
  /** Puts a cookie into the browser that no answer has set, as a script of another site of the domain could. */
  setCookie(name: string, value: string): void;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** Somebody in front of a browser of their own, at this network address. */
export function createPerson(plane: ControlPlane, sourceAddress = '127.0.0.1'): Person {
  const jar = new Map<string, Cookie>();

  async function call(method: string, path: string, options: CallOptions): Promise<Answer> {
    const cookies = [...jar]
      .filter(([, cookie]) => isBelow(path, cookie.path))
      .map(([name, { value }]) => `${name}=${value}`);
    const answer = await plane.call(method, path, undefined, { ...options, cookies, sourceAddress });
    for (const cookie of answer.cookies) keep(cookie);
    return answer;
  }

  function keep(text: string): void {
    const [pair = '', ...attributes] = text.split(/; */);
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    if (value === '' || attributes.some((attribute) => /^max-age=0$/i.test(attribute))) jar.delete(name);
    else jar.set(name, { value, path });
  }

  return {
    get: (path) => call('GET', path, {}),
    submit: (path, fields, headers = { origin: plane.services.environment.PUBLIC_URL }) =>
      call('POST', path, {
        raw: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
    cookie: (name) => jar.get(name)?.value,
    setCookie: (name, value) => void jar.set(name, { value, path: '/' }),
  };
}

/** RFC 6265's match of paths. */
function isBelow(path: string, cookiePath: string): boolean {
  const [plain = ''] = path.split('?');
  return cookiePath === '/' || plain === cookiePath || plain.startsWith(`${cookiePath.replace(/\/$/, '')}/`);
}
