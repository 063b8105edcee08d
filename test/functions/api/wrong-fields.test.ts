import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { routes } from '../../../functions/api/table.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

/**
 * Of every field of every body that `openapi.json` describes, down to the fields of what is in a list: a value of a
 * type that it does not have is refused, and it is this field that is named.
 */
let plane: ControlPlane;
let owner: Account;
let schemas: Record<string, Schema>;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  const { body } = await plane.call('GET', '/openapi.json');
  ({ schemas } = Document.parse(body).components);
});
afterAll(() => plane.stop());

interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
}
const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional(),
    anyOf: z.array(Schema).optional(),
    oneOf: z.array(Schema).optional(),
    allOf: z.array(Schema).optional(),
    enum: z.array(z.unknown()).optional(),
  }),
);
const Operation = z.looseObject({
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ schema: Schema.optional() })) })
    .optional(),
});
const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), Schema) }),
});

/** The schemas that one stands for: itself, what it refers to, and its alternatives. */
function meant(schema: Schema): Schema[] {
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = schema;
  const referred = $ref === undefined ? undefined : schemas[$ref.split('/').at(-1) ?? ''];
  return [schema, ...(referred === undefined ? [] : [referred]), ...anyOf, ...oneOf, ...allOf].flatMap(
    (one) => (one === schema ? [one] : meant(one)),
  );
}

const typeOf = (value: unknown) =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? 'integer'
        : typeof value;

/** The types that a value of the schema may have; a number may be whole. */
function typesOf(schema: Schema): Set<string> {
  const types = meant(schema).flatMap(({ type, enum: values, const: only }) => [
    ...(type === undefined ? [] : [type].flat()),
    ...(values ?? []).map(typeOf),
    ...(only === undefined ? [] : [typeOf(only)]),
  ]);
  return new Set(types.map((type) => (type === 'number' ? 'integer' : type)));
}

/** Bodies in which one field is of a wrong type, with how an error names that field. */
function* wrongOf(schema: Schema, depth = 0): Generator<{ value: object; field: string }> {
  if (depth > 3) return;
  for (const { properties = {} } of meant(schema)) {
    // What tells the alternatives of a union apart is as it is to be.
    const consts = Object.entries(properties).filter(([, property]) => property.const !== undefined);
    const rest = Object.fromEntries(consts.map(([name, property]) => [name, property.const]));
    for (const [name, property] of Object.entries(properties)) {
      const types = typesOf(property);
      const wrong = [7, 'x', true, [], {}].find((value) => !types.has(typeOf(value)));
      if (types.size > 0 && wrong !== undefined) yield { value: { ...rest, [name]: wrong }, field: name };
      for (const { value, field } of wrongOf(property, depth + 1)) {
        yield { value: { ...rest, [name]: value }, field: `${name}.${field}` };
      }
      for (const item of meant(property).flatMap(({ items }) => items ?? [])) {
        for (const { value, field } of wrongOf(item, depth + 1)) {
          yield { value: { ...rest, [name]: [value] }, field: `${name}[0].${field}` };
        }
      }
    }
  }
}

const withBodies = routes.filter(
  ({ body, access }) => typeof body !== 'string' && access.kind !== 'front-door',
);

test.each(withBodies.map((route) => [route.operation, route] as const))(
  '%s names the field that is wrong',
  async (_, route) => {
    const { body: document } = await plane.call('GET', '/openapi.json');
    const operation = Document.parse(document).paths[route.path]?.[route.method.toLowerCase()];
    const schema = operation?.requestBody?.content['application/json']?.schema ?? {};
    const path = route.path
      .replace('{organizationId}', owner.organization.id)
      .replace('{workspaceId}', owner.workspace.id)
      .replace(/\{\w+\}/g, `c${'0'.repeat(24)}`);
    const token = route.access.kind === 'operator' ? plane.secret.operatorToken : owner.token;
    let asked = 0;
    for (const { value, field } of wrongOf(schema)) {
      const { status, body } = await plane.call(route.method, path, value, { token });
      const { fieldErrors } = Refused.parse(body);
      const named = fieldErrors.map((error) => error.field);
      expect({ value, status, named }).toEqual({
        value,
        status: 400,
        named: expect.arrayContaining([field]),
      });
      asked += 1;
    }
    const hasFields = meant(schema).some(({ properties = {} }) => Object.keys(properties).length > 0);
    expect(asked > 0).toBe(hasFields);
  },
);

const Refused = z.looseObject({ fieldErrors: z.array(z.object({ field: z.string() })).default([]) });
