import { z } from 'zod';
import type { Statement } from '../endpoint/grants.ts';

const oneOrMore = z.union([z.string().transform((value) => [value]), z.array(z.string()).min(1)]);

/**
 * The policies that are understood: statements that allow, narrowed by StringLike and StringEquals conditions.
 * Everything else is refused rather than ignored.
 */
const document = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.literal('Allow'),
      Action: oneOrMore,
      Resource: oneOrMore,
      Condition: z
        .strictObject({
          StringLike: z.record(z.string(), oneOrMore).optional(),
          StringEquals: z.record(z.string(), oneOrMore).optional(),
        })
        .optional(),
    }),
  ),
});

/** The statements of a policy document. Throws ZodError or SyntaxError for one that is not understood. */
export function readPolicy(text: string): readonly Statement[] {
  return document.parse(JSON.parse(text)).Statement.map(({ Action, Resource, Condition }) => ({
    actions: Action,
    resources: Resource,
    conditions: { ...Condition?.StringLike, ...Condition?.StringEquals },
  }));
}
