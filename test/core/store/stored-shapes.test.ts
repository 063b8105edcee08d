import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseEntities } from '../../../core/store/store.ts';

const Key = z.object({ field: z.string(), template: z.string() });
const Schema = z.object({
  attributes: z.record(
    z.string(),
    z.object({
      type: z.union([z.string(), z.array(z.string()).transform((values) => values.join(' | '))]),
      required: z.boolean().default(false),
    }),
  ),
  indexes: z.record(z.string(), z.object({ index: z.string().optional(), pk: Key, sk: Key })),
});

/** An entity's stored shape: each attribute's type (`?` when it may be missing), and the keys of each index. */
function shapeOf(schema: unknown) {
  const { attributes, indexes } = Schema.parse(schema);
  return {
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { type, required }]) => [required ? name : `${name}?`, type]),
    ),
    keys: Object.fromEntries(
      Object.values(indexes).flatMap(({ pk, sk }) => [pk, sk].map((key) => [key.field, key.template])),
    ),
  };
}

/**
 * What is stored outlives the code that wrote it. A change here needs a look at the items that exist; then update
 * the file with `npx vitest run --project unit test/core/store -u`.
 */
test('the shape of every stored item is as it was', async () => {
  const { entities } = parseEntities('windsock');
  const shapes = Object.fromEntries(
    Object.entries(entities).map(([name, { schema }]) => [name, shapeOf(schema)]),
  );
  await expect(`${JSON.stringify(shapes, null, 2)}\n`).toMatchFileSnapshot('stored-shapes.json');
});
