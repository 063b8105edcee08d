import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  EntityAlreadyExistsException,
  GetRoleCommand,
  NoSuchEntityException,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { roleName, storagePrefix } from '../component/names.ts';
import type { Services } from '../services.ts';

const POLICIES = ['storage', 'protection'] as const;

/**
 * The ARN of the role of a deployment's tasks, which is made once: it reaches the deployment's own objects, and its
 * workers protect their tasks from scale-in.
 */
export async function ensureTaskRole(
  services: Services,
  ids: { readonly organizationId: string; readonly deploymentId: string },
): Promise<string> {
  const RoleName = roleName(ids.deploymentId);
  const arn = await createRole(services, RoleName);
  const { bucket, cluster } = services.environment.CELL;
  const documents = { storage: storagePolicy(bucket, ids), protection: protectionPolicy(cluster) };
  for (const PolicyName of POLICIES) {
    const PolicyDocument = JSON.stringify(documents[PolicyName]);
    await services.roles.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  }
  return arn;
}

/** Removes the role. Safe to repeat. */
export async function deleteTaskRole(services: Services, deploymentId: string): Promise<void> {
  const RoleName = roleName(deploymentId);
  for (const PolicyName of POLICIES) {
    try {
      await services.roles.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    } catch (error) {
      if (!(error instanceof NoSuchEntityException)) throw error;
    }
  }
  try {
    await services.roles.send(new DeleteRoleCommand({ RoleName }));
  } catch (error) {
    if (!(error instanceof NoSuchEntityException)) throw error;
  }
}

/**
 * Reads the pointer and the bundles, which the platform alone writes; reads and writes task logs, of which it deletes
 * nothing but the copies of those of running tasks (`runtime/windsock_airflow/running_logs.py`).
 */
function storagePolicy(
  bucket: string,
  { organizationId, deploymentId }: { readonly organizationId: string; readonly deploymentId: string },
) {
  const objects = `arn:aws:s3:::${bucket}/${storagePrefix(organizationId, deploymentId)}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject'],
        Resource: [`${objects}/pointer.json`, `${objects}/bundles/*`],
      },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: [`${objects}/logs/*`] },
      { Effect: 'Allow', Action: ['s3:DeleteObject'], Resource: [`${objects}/logs/*.running`] },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [`arn:aws:s3:::${bucket}`],
        Condition: {
          StringLike: { 's3:prefix': [`${storagePrefix(organizationId, deploymentId)}/logs/*`] },
        },
      },
    ],
  };
}

/**
 * The ECS agent beside a task asks for its protection with the task's role. A task is named by its id alone, which
 * nobody guesses.
 */
function protectionPolicy(cluster: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['ecs:UpdateTaskProtection'],
        Resource: [`arn:aws:ecs:*:*:task/${cluster}/*`],
      },
    ],
  };
}

async function createRole(services: Services, RoleName: string): Promise<string> {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  try {
    const { Role } = await services.roles.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }),
    );
    if (Role?.Arn !== undefined) return Role.Arn;
  } catch (error) {
    if (!(error instanceof EntityAlreadyExistsException)) throw error;
  }
  const { Role } = await services.roles.send(new GetRoleCommand({ RoleName }));
  if (Role?.Arn === undefined) throw new Error(`Role ${RoleName} was made and is not there`);
  return Role.Arn;
}
