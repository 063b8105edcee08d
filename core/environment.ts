import { z } from 'zod';
import { Cell } from './cell/schema.ts';

/** What every function is told of the platform it runs on, by environment variables of these names. */
export const Environment = z.object({
  TABLE_NAME: z.string().min(1),
  BUS_NAME: z.string().min(1),
  BUCKET_NAME: z.string().min(1),
  /** The state machines that carry out operations, and that remove deployments. */
  OPERATE_ARN: z.string().min(1),
  REMOVE_ARN: z.string().min(1),
  /** The function that is sent what containers tell in their logs. */
  REPORT_ARN: z.string().min(1),
  /** The secret that holds the platform's own keys, `PlatformSecret`. */
  SIGNING_SECRET_ARN: z.string().min(1),
  /** The address that the platform's mail comes from. */
  MAIL_FROM: z.email(),
  /** What users see before every path, without a slash at the end. */
  PUBLIC_URL: z.url().refine((url) => !url.endsWith('/'), 'must not end with a slash'),
  /** How often callers may ask, as a multiple of the reference service's limits. */
  RATE_LIMIT_FACTOR: z.coerce.number().positive(),
  AWS_REGION: z.string().min(1),
  /** The cell that deployments live in, as JSON. */
  CELL: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(Cell),
});
export type Environment = z.output<typeof Environment>;
