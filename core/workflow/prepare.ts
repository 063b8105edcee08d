import {
  CreateLogGroupCommand,
  PutSubscriptionFilterCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { DatabaseAction } from '../component/environment.ts';
import { logGroup } from '../component/names.ts';
import { componentsOf } from '../component/service.ts';
import type { Setting } from '../component/setting.ts';
import { databaseTaskDefinition, serviceTaskDefinition } from '../component/task-definition.ts';
import { OUT_OF_MEMORY_PATTERN } from '../out-of-memory/line.ts';
import type { Revision, Spec } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { runTask } from './ecs-tasks.ts';
import { OperationFailed } from './failures.ts';
import { ensurePlatformSecret } from './platform-secret.ts';
import { writePointer } from './pointer.ts';
import type { WorkflowState } from './state.ts';
import { type Step, toRevision } from './step.ts';
import { ensureTaskDefinition } from './task-definitions.ts';
import { ensureTaskRole } from './task-role.ts';
import { unhealthyBefore } from './unhealthy-before.ts';
import { ensureVariablesSecret } from './variables-secret.ts';

/**
 * Makes all that the deployment's services need before they start. Its database takes longest, so the task that
 * creates it is started first and awaited last. A deployment that ran before has a database.
 */
export async function prepare(step: Step): Promise<WorkflowState> {
  const { services, operation, state } = step;
  const revision = await toRevision(step);
  const isNew = operation.fromRevision === undefined;
  const [setting, unhealthy] = await Promise.all([
    settingOf(step, revision.spec),
    unhealthyBefore(step, revision),
    ensureLogGroup(step),
    claimNamespace(step),
    ...(isNew ? [writePointer(step, revision, revision.number)] : []),
  ]);
  const [oneOffTask, taskDefinitions] = await Promise.all([
    isNew ? runDatabaseTask(step, setting, 'create') : undefined,
    ensureTaskDefinitions(services, setting, revision),
  ]);
  const prepared = { ...state, taskDefinitions, unhealthyBefore: unhealthy };
  return oneOffTask === undefined ? prepared : { ...prepared, oneOffTask };
}

/** What the task definitions of a spec are made of: its secrets and its role, which are made when they are missing. */
export async function settingOf(step: Step, spec: Spec): Promise<Setting> {
  const { services, deployment } = step;
  const [platformSecretArn, variablesSecretArn, taskRoleArn] = await Promise.all([
    ensurePlatformSecret(services, deployment.deploymentId),
    ensureVariablesSecret(step, spec.environmentVariables),
    ensureTaskRole(services, deployment),
  ]);
  return {
    cell: services.environment.CELL,
    deployment,
    spec,
    platformSecretArn,
    variablesSecretArn,
    taskRoleArn,
  };
}

/** The task definitions of a revision's services, by their names. */
export async function ensureTaskDefinitions(
  services: Services,
  setting: Setting,
  revision: Revision,
): Promise<Record<string, string>> {
  const entries = componentsOf(revision).map(async (component) => {
    const arn = await ensureTaskDefinition(services, serviceTaskDefinition(setting, component));
    return [component.name, arn] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Starts the one-off task that creates or drops the deployment's database; the same attempt starts it once. */
export async function runDatabaseTask(
  { services, operation }: Step,
  setting: Setting,
  action: DatabaseAction,
): Promise<string> {
  const { deploymentId, number, attempt } = operation;
  return await runTask(services, {
    taskDefinition: await ensureTaskDefinition(services, databaseTaskDefinition(setting, action)),
    clientToken: `${deploymentId}-${number}-${attempt}`,
  });
}

/** Its subscription filter bears the organization's id, for whom it calls is told its name, and of whom the group is. */
async function ensureLogGroup({ services, deployment }: Step): Promise<void> {
  const { CELL, REPORT_ARN } = services.environment;
  const logGroupName = logGroup(CELL.logGroupPrefix, deployment.deploymentId);
  try {
    await services.logs.send(new CreateLogGroupCommand({ logGroupName }));
  } catch (error) {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  }
  await services.logs.send(
    new PutSubscriptionFilterCommand({
      logGroupName,
      filterName: deployment.organizationId,
      filterPattern: OUT_OF_MEMORY_PATTERN,
      destinationArn: REPORT_ARN,
    }),
  );
}

/** Has the front door find the deployment by its namespace. */
async function claimNamespace({ services, deployment }: Step): Promise<void> {
  const { namespace, organizationId, deploymentId } = deployment;
  const { entities } = services.globalStore;
  const { data } = await entities.namespace.get({ namespace }).go({ consistent: true });
  if (data === null) {
    await entities.namespace.create({ namespace, organizationId, deploymentId }).go();
  } else if (data.deploymentId !== deploymentId) {
    throw new OperationFailed(
      `The namespace ${namespace} is taken. Delete this deployment and create it again.`,
    );
  }
}
