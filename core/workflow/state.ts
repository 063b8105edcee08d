import { z } from 'zod';

/**
 * What flows from step to step of a workflow's execution. There is nothing secret in it: a step reads what it needs
 * from the table and from Secrets Manager.
 */
export const WorkflowState = z.strictObject({
  organizationId: z.string(),
  deploymentId: z.string(),
  operation: z.number().int(),
  attempt: z.number().int(),
  /** Whether the plan starts, restarts or stops components; a deploy of DAGs alone does not. */
  rolls: z.boolean(),
  /** Whether an earlier attempt failed already and only has to be put back. */
  putBack: z.boolean(),
  /** Task definitions by component. */
  taskDefinitions: z.record(z.string(), z.string()).optional(),
  /** Services that were not healthy before, and that the plan leaves alone. */
  unhealthyBefore: z.array(z.string()).optional(),
  /** Why what ran before is not healthy, though it was put back. */
  notPutBack: z.string().optional(),
  /** The one-off task that is waited for. */
  oneOffTask: z.string().optional(),
  /** Whether what a step waits for has come, and if not, the seconds until it looks again. */
  done: z.boolean().optional(),
  pauseSeconds: z.number().int().optional(),
  /** For how long which step has waited, and when it looked last. */
  waiting: z.strictObject({ step: z.string(), seconds: z.number(), lookedAt: z.iso.datetime() }).optional(),
  /** What the workflow caught. */
  failure: z.strictObject({ Error: z.string().optional(), Cause: z.string().optional() }).optional(),
});
export type WorkflowState = z.infer<typeof WorkflowState>;
