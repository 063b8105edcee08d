import type { z } from 'zod';
import type { FieldError } from '../../core/errors.ts';
import { plainWords } from './plain-words.ts';

/**
 * What a schema makes of a value, or what is `wrong` with it as the API's field errors: paths read
 * `workerQueues[0].name`, an unknown field is named itself, and a wrong body is the field `body`. Of a union's
 * branches, the one that came nearest speaks.
 */
export function parsed(schema: z.ZodType, value: unknown): { data: unknown; wrong: FieldError[] } {
  const { success, data, error } = schema.safeParse(value, { error: plainWords });
  if (success) return { data, wrong: [] };
  return { data: undefined, wrong: error.issues.flatMap((issue) => fromIssue(issue, [], value)) };
}

function fromIssue(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[], input: unknown): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...path, key]),
      code: 'unrecognized_key',
      message: 'there is no such field here; leave it out or correct its name',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => distance(a) - distance(b))[0] ?? [];
    return nearest.flatMap((inner) => fromIssue(inner, path, input));
  }
  const missing = issue.code === 'invalid_type' && valueAt(input, path) === undefined;
  return [
    {
      field: fieldName(path),
      code: missing ? 'required' : issue.code,
      message: missing ? 'is required' : issue.message,
    },
  ];
}

/** How far a value is from a branch of a union: how much is wrong, or farthest when it is of another type. */
function distance(branch: readonly z.core.$ZodIssue[]): number {
  const isOfAnotherType = branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  return isOfAnotherType ? Number.POSITIVE_INFINITY : branch.length;
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return name === '' ? 'body' : name;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
