import { join } from 'node:path';
import { logFile, ROTATE_BYTES } from '../logs/layout.ts';
import type { ContainerDefinition, HealthCheck, Task, TaskDefinition } from './documents.ts';
import { MARKER } from './reaper.ts';
import type { ContainerSpec } from './shim.ts';

const MIB = 1024 * 1024;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What an image means to a process: where its commands are, and its `ENV`. */
export interface Image {
  readonly binPath: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The folder of a task: its scratch `work` and `tmp`, and a status file a container. */
export function taskFolder(tasksFolder: string, { taskArn }: Pick<Task, 'taskArn'>): string {
  return join(tasksFolder, taskIdOf(taskArn));
}

export function statusFile(tasksFolder: string, task: Pick<Task, 'taskArn'>, container: string): string {
  return join(taskFolder(tasksFolder, task), `${container}.json`);
}

export function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}

export interface SpecParts {
  readonly task: Task;
  readonly definition: TaskDefinition;
  readonly container: ContainerDefinition;
  readonly image: Image;
  /** Secrets by the name of their environment variable. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What this cloud gives every container: where its endpoints are. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the ECS agent answers. */
  readonly agentUrl: string;
  readonly tasksFolder: string;
  readonly logsFolder: string;
}

/**
 * How long a container that others reach by its port's name serves them on when its task is to stop: what was sent to
 * it before they saw it go is answered. ECS deregisters a task, too, before it sends the stop signal (DEACTIVATING). An
 * api-server of several processes takes connections without an answer while it ends, for as long as that takes.
 */
const DEREGISTERED_SECONDS = 0.5;

/** Everything the shim needs to run a container. */
export function containerSpec(parts: SpecParts): ContainerSpec {
  const { task, definition, container, tasksFolder } = parts;
  const override = task.overrides.containerOverrides.find(({ name }) => name === container.name);
  const memory = override?.memory ?? container.memory ?? definition.memory;
  return {
    status: statusFile(tasksFolder, task, container.name),
    folder: join(taskFolder(tasksFolder, task), 'work'),
    command: [...container.entryPoint, ...(override?.command ?? container.command)],
    environment: containerEnvironment(parts),
    log: logOf(parts),
    rotateBytes: ROTATE_BYTES,
    memoryBytes: memory === undefined ? null : Number(memory) * MIB,
    healthCheck: container.healthCheck === undefined ? null : shimHealthCheck(container.healthCheck),
    restartPolicy: container.restartPolicy?.enabled ? container.restartPolicy : null,
    stopDelay: container.portMappings.some(({ name }) => name !== undefined) ? DEREGISTERED_SECONDS : 0,
    stopTimeout: container.stopTimeout,
  };
}

/**
 * The container's environment: the image's, this cloud's, the task definition's, the overrides', the secrets.
 * A variable that ends in `_PORT` and holds a mapped container port gets the host port chosen for it.
 */
function containerEnvironment(parts: SpecParts): Record<string, string> {
  const { task, container, image, tasksFolder } = parts;
  const override = task.overrides.containerOverrides.find(({ name }) => name === container.name);
  const folder = taskFolder(tasksFolder, task);
  const given = [...container.environment, ...(override?.environment ?? [])];
  return {
    PATH: `${image.binPath}:${SYSTEM_PATH}`,
    LANG: 'C.UTF-8',
    HOME: join(folder, 'work'),
    TMPDIR: join(folder, 'tmp'),
    ...image.environment,
    ...parts.environment,
    ...credentials(parts),
    ...Object.fromEntries(
      given.map(({ name, value }) => [name, withHostPort(name, value, task.ports ?? {})]),
    ),
    ...parts.secrets,
    ECS_AGENT_URI: `${parts.agentUrl}/api/${task.agentId}`,
    ECS_TASK_ARN: task.taskArn,
    [MARKER]: statusFile(tasksFolder, task, container.name),
    // Programs that set their title would overwrite the environment in /proc, by which they are found.
    SPT_NOENV: '1',
  };
}

function withHostPort(name: string, value: string, ports: Readonly<Record<string, number>>): string {
  const hostPort = name.endsWith('_PORT') ? ports[value] : undefined;
  return hostPort === undefined ? value : String(hostPort);
}

/** A task without a role has no credentials, as on AWS. */
function credentials({ task, definition }: SpecParts): Record<string, string> {
  const role = roleOf(task, definition);
  return role === undefined ? {} : { AWS_ACCESS_KEY_ID: `role-${role}`, AWS_SECRET_ACCESS_KEY: 'local' };
}

/** The name of a task's role. */
export function roleOf(task: Task, definition: TaskDefinition): string | undefined {
  const roleArn = task.overrides.taskRoleArn ?? definition.taskRoleArn;
  return roleArn?.slice(roleArn.lastIndexOf('/') + 1);
}

function logOf({ task, container, logsFolder }: SpecParts): string | null {
  const { logDriver, options = {} } = container.logConfiguration ?? {};
  const group = options['awslogs-group'];
  if (logDriver !== 'awslogs' || group === undefined) return null;
  const prefix = options['awslogs-stream-prefix'] ?? 'ecs';
  return logFile(logsFolder, group, `${prefix}/${container.name}/${taskIdOf(task.taskArn)}`);
}

function shimHealthCheck({ command, ...times }: HealthCheck) {
  const [kind, ...rest] = command;
  return { ...times, command: kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : rest };
}
