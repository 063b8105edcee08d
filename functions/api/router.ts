import type { Route } from './route.ts';

export interface Matched {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Router {
  /** The route of a method and a path, with the path's parameters decoded. */
  match(method: string, path: string): Matched | undefined;
  /** The methods that a path has. */
  methods(path: string): string[];
}

/** No id is longer; DynamoDB refuses keys of more than 1024 bytes. */
export const LONGEST_PARAMETER = 128;

/** A router over these routes. A literal segment wins over a parameter, whatever the order of the table. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes
    .map((route) => ({ route, segments: route.path.split('/') }))
    .sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments));
  function candidates(path: string): Matched[] {
    const segments = path.split('/');
    return compiled.flatMap((candidate) => {
      if (candidate.segments.length !== segments.length) return [];
      const parameters = matchSegments(candidate.segments, segments);
      return parameters === undefined ? [] : [{ route: candidate.route, parameters }];
    });
  }
  return {
    match: (method, path) => candidates(path).find(({ route }) => route.method === method),
    methods: (path) => [...new Set(candidates(path).map(({ route }) => route.method))],
  };
}

function matchSegments(pattern: readonly string[], path: readonly string[]) {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = path[index] ?? '';
    const name = parameterName(expected);
    if (name === undefined) {
      if (expected !== actual) return undefined;
      continue;
    }
    const decoded = decode(actual);
    if (decoded === undefined || decoded === '' || decoded.length > LONGEST_PARAMETER) return undefined;
    parameters[name] = decoded;
  }
  return parameters;
}

function parameterName(segment: string): string | undefined {
  return segment.startsWith('{') ? segment.slice(1, -1) : undefined;
}

function parameterCount(segments: readonly string[]): number {
  return segments.filter((segment) => parameterName(segment) !== undefined).length;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
