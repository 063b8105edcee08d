import type { Cell } from '../cell/schema.ts';
import type { DeploymentItem } from '../deployment/entity.ts';
import type { Spec } from '../revision/schema.ts';

/** What a deployment's task definitions are made of. */
export interface Setting {
  readonly cell: Cell;
  readonly deployment: Pick<DeploymentItem, 'organizationId' | 'deploymentId' | 'namespace'>;
  readonly spec: Spec;
  /** The secret with the deployment's own keys and its database's password. */
  readonly platformSecretArn: string;
  /** The secret with the values of the spec's variables; none while there are no variables. */
  readonly variablesSecretArn?: string | undefined;
  /** The role of the deployment's tasks. */
  readonly taskRoleArn: string;
}
