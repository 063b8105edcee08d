import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NAMESPACE, namespaceOf } from '../../../core/deployment/namespace.ts';
import { newId } from '../../../core/id.ts';

test('a namespace has the shape of one, and is the same each time', () => {
  fc.assert(
    fc.property(fc.string(), (id) => {
      expect(namespaceOf(id)).toMatch(NAMESPACE);
      expect(namespaceOf(id)).toBe(namespaceOf(id));
    }),
  );
});

test('no two of many deployments share one', () => {
  const count = 20_000;
  expect(new Set(Array.from({ length: count }, () => namespaceOf(newId()))).size).toBe(count);
});
