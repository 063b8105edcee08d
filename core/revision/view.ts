import { z } from 'zod';
import type { DeploymentItem } from '../deployment/entity.ts';
import { EnvironmentVariableView } from '../deployment/view.ts';
import type { RevisionItem } from './entity.ts';
import { Spec } from './schema.ts';
import { keepingSecrets } from './secrets.ts';

/**
 * A revision as the API answers it: what it runs, secrets without their values, and what made it. What is secret at
 * present is so in every revision.
 */
export const RevisionView = z.object({
  number: z.number(),
  operation: z.number(),
  isRunning: z.boolean(),
  spec: z.object({ ...Spec.shape, environmentVariables: z.array(EnvironmentVariableView) }),
  createdAt: z.string(),
});
export type RevisionView = z.infer<typeof RevisionView>;

export function revisionView({ number, operation, spec, createdAt }: RevisionItem, of: DeploymentItem) {
  return {
    number,
    operation,
    isRunning: of.running === number,
    spec: keepingSecrets(spec, of.desired),
    createdAt,
  };
}
