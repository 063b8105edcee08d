import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { many } from '../../../core/page.ts';
import { parsed } from '../../../functions/api/field-errors.ts';

const wrongOf = (schema: z.ZodType, value: unknown) => {
  const { wrong } = parsed(schema, value);
  return wrong.map(({ field, message }) => `${field}: ${message}`);
};

describe('what is too small or too large is said in plain words', () => {
  test.each([
    [z.string().min(8), 'short', 'must have at least 8 characters'],
    [z.string().min(1), '', 'must have at least 1 character'],
    [z.string().max(3), 'long', 'must have at most 3 characters'],
    [z.string().length(6), '12345', 'must have exactly 6 characters'],
    [z.string().length(6), '1234567', 'must have exactly 6 characters'],
    [z.array(z.string()).min(1), [], 'must have at least 1 item'],
    [z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 items'],
    [z.number().min(0.25), 0, 'must be at least 0.25'],
    [z.int().max(5), 6, 'must be at most 5'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().lt(10), 10, 'must be less than 10'],
  ])('%#: %j', (schema, value, message) => {
    expect(wrongOf(z.object({ it: schema }), { it: value })).toEqual([`it: ${message}`]);
  });

  test('unless the schema has words of its own', () => {
    expect(wrongOf(z.string().min(1, 'must not be empty'), '')).toEqual(['body: must not be empty']);
  });

  test('in a list, too', () => {
    const schema = z.object({ queues: z.array(z.object({ name: z.string().max(3) })) });
    expect(wrongOf(schema, { queues: [{ name: 'long' }] })).toEqual([
      'queues[0].name: must have at most 3 characters',
    ]);
  });
});

describe('of a parameter that may come once or several times', () => {
  const schema = z.object({ sources: many(z.enum(['scheduler', 'worker'])) });
  const options = 'Invalid option: expected one of "scheduler"|"worker"';

  test('one wrong value is told what there is', () => {
    expect(wrongOf(schema, { sources: 'nonsense' })).toEqual([`sources: ${options}`]);
  });

  test('a wrong value among others is told, too', () => {
    expect(wrongOf(schema, { sources: ['worker', 'nonsense'] })).toEqual([`sources[1]: ${options}`]);
    expect(wrongOf(schema, { sources: ['none', 'nonsense'] })).toEqual([expect.stringContaining(options)]);
  });
});
