import { z } from 'zod';
import { Operation } from '../../../core/operation/view.ts';
import { Subject } from '../../../core/subject.ts';
import type { Route } from '../route.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A part of an OpenAPI document. */
export type Part = Readonly<Record<string, unknown>>;

/** What a failed request is answered, whatever route it was. */
export const ErrorAnswer = z.object({
  message: z.string().describe('What is wrong, and what to do'),
  requestId: z.string(),
  statusCode: z.number(),
  fieldErrors: z
    .array(z.object({ field: z.string(), code: z.string(), message: z.string() }))
    .optional()
    .describe('Each field that is wrong'),
});

/** Turns zod's schemas into JSON Schema, and gathers those that have a name. */
export interface Schemas {
  /** A schema as a request may have it, or a reference to its component. */
  input(schema: z.ZodType): JsonSchema;
  /** A schema as an answer has it, or a reference to its component. */
  output(schema: z.ZodType): JsonSchema;
  /** The components that were referred to so far, by name. */
  components(): Record<string, JsonSchema>;
}

/**
 * The schemas of these routes. What `Get<Noun>` answers is the component `<Noun>`, what an operation takes is
 * `<Operation>Request`; the few that are part of these only are named here.
 */
export function schemasOf(routes: readonly Route[]): Schemas {
  const names = z.registry<{ id: string }>();
  const taken = new Set<string>();
  const name = (schema: z.ZodType, id: string) => {
    if (names.has(schema)) return;
    if (taken.has(id)) throw new Error(`Two schemas would be the component ${id}`);
    taken.add(id);
    names.add(schema, { id });
  };
  name(ErrorAnswer, 'Error');
  name(Operation, 'Operation');
  name(Subject, 'Subject');
  for (const { operation, answer, body } of routes) {
    const noun = /^Get([A-Z]\w+)$/.exec(operation)?.[1];
    if (noun !== undefined && answer instanceof z.ZodObject) name(answer, noun);
    if (typeof body !== 'string') name(body, `${operation}Request`);
  }
  const components = new Map<string, JsonSchema>();
  function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema,
      $defs = {},
      ...converted
    } = inComponents(z.toJSONSchema(schema, { io, metadata: names, override: describe }));
    for (const [id, component] of Object.entries($defs)) components.set(id, component);
    return converted;
  }
  return {
    input: (schema) => convert(schema, 'input'),
    output: (schema) => convert(schema, 'output'),
    components: () => Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The names are a registry of their own, so zod does not look for descriptions where `describe` puts them. */
function describe({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const description = z.globalRegistry.get(zodSchema)?.description;
  if (description !== undefined) jsonSchema.description = description;
}

function inComponents(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'));
}

/** JSON of this schema, as a request's or a response's content. */
export function json(schema: JsonSchema): Part {
  return { content: { 'application/json': { schema } } };
}
