import { z } from 'zod';

/** An entry as a line of the audit log has it. */
const Line = z.object({
  id: z.string(),
  timestamp: z.iso.datetime(),
  subjectId: z.string(),
  action: z.string(),
  resourceType: z.string(),
  resourceId: z.string(),
  before: z.record(z.string(), z.unknown()),
  after: z.record(z.string(), z.unknown()),
});
export type Line = z.infer<typeof Line>;

/** The entries of an answer, which has one a line. */
export const linesOf = (body: unknown): Line[] =>
  z
    .string()
    .parse(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Line.parse(JSON.parse(line)));

/** What an entry tells of. */
export const toldBy = ({ action, resourceType }: Line) => `${action} ${resourceType}`;

/** What entries tell of, in order of the alphabet. */
export const told = (entries: readonly Line[]) => entries.map(toldBy).sort();
