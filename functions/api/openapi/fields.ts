import { z } from 'zod';
import type { Access, Route } from '../route.ts';

const JsonSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  get items() {
    return JsonSchema.optional();
  },
  get anyOf() {
    return z.array(JsonSchema).optional();
  },
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
});
type JsonSchema = z.infer<typeof JsonSchema>;

/** A field of what a route takes, as a person reads it. */
export interface Field {
  readonly place: 'query' | 'body';
  readonly name: string;
  readonly isRequired: boolean;
  /** What it may be: `string, at most 128 characters`. */
  readonly what: string;
}

/** The fields of a route's query and body. */
export function fieldsOf({ query, body }: Route): Field[] {
  const taken = body === 'raw' ? [{ name: 'bytes', isRequired: true, what: 'as they are' }] : [];
  return [
    ...fields(query).map((field) => ({ place: 'query' as const, ...field })),
    ...(typeof body === 'string' ? taken : fields(body)).map((field) => ({
      place: 'body' as const,
      ...field,
    })),
  ];
}

/** Who may call a route, as a person reads it. */
export function accessOf(access: Access): string {
  switch (access.kind) {
    case 'public':
      return 'Public.';
    case 'signed-url':
      return "The URL's signature is the credential.";
    case 'operator':
      return "With the operator's token.";
    case 'front-door':
      return 'For the front door alone.';
    case 'authenticated':
      return 'With any token.';
    case 'permission':
      return `Permission: \`${access.permission}\`.`;
  }
}

function fields(schema: z.ZodType): Omit<Field, 'place'>[] {
  const { properties = {}, required } = JsonSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).map(([name, value]) => ({
    name,
    isRequired: required.includes(name),
    what: describe(JsonSchema.parse(value)),
  }));
}

function describe(schema: JsonSchema): string {
  const { minLength, maxLength, minimum, maximum } = schema;
  const bounds = [
    minLength === undefined ? '' : `at least ${minLength} characters`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : `from ${minimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `to ${maximum}`,
    schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``,
  ].filter((bound) => bound !== '');
  return [typeOf(schema), ...bounds].join(', ');
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) {
    const types = new Set(schema.anyOf.map(typeOf));
    // A parameter that comes once is a list of one.
    return [...types].filter((type) => !types.has(`list of ${type}`)).join(' or ');
  }
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  if (schema.properties !== undefined) {
    const names = Object.keys(schema.properties).map((name) =>
      schema.required.includes(name) ? name : `${name}?`,
    );
    return `{ ${names.join(', ')} }`;
  }
  return String(schema.type ?? 'text');
}
