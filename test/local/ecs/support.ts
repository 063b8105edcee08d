import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ContainerDefinition,
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import { endMarked } from '../../../local/ecs/reaper.ts';
import { freePort } from '../../support/ports.ts';
import { type Process, processesOf } from '../../support/processes.ts';
import { eventually } from '../support/home.ts';
import { wholeLines } from '../support/lines.ts';

export const CLUSTER = 'cell';
/** A value that must be found nowhere on disk. */
export const SECRET = `planted-${process.pid}-marker`;

/** How a test's runner fares: left alone, or killed with -9 before every call that is made to it. */
export type Fate = 'undisturbed' | 'killed before every call';
export const FATES: readonly Fate[] = ['undisturbed', 'killed before every call'];

/** ECS in a process of its own over a folder of its own. */
export interface Cloud {
  readonly root: string;
  readonly client: ECSClient;
  start(environment?: Record<string, string>): Promise<void>;
  /** kill -9 of the runner. */
  kill(): Promise<void>;
  /** Ctrl-C: the tasks are stopped in order. */
  stop(): Promise<void>;
  /** All processes that belong to tasks, shims included. */
  processes(): Process[];
  events(): readonly Record<string, unknown>[];
  routes(): Record<string, string[]>;
  /** The lines of a container's log, without their times. */
  log(group: string): string[];
  destroy(): Promise<void>;
}

export async function createCloud(fate: Fate = 'undisturbed'): Promise<Cloud> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'windsock-ecs-')));
  let child: ChildProcess | undefined;
  const port = await freePort();
  const read = (name: string) => (existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8') : '');

  async function start(environment: Record<string, string> = {}) {
    const started = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), root, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, SECRET, ...environment },
    });
    child = started;
    await Promise.race([
      once(started.stdout, 'data'),
      once(started, 'exit').then(() => Promise.reject(new Error('The runner ended at its start'))),
    ]);
  }
  async function end(signal: NodeJS.Signals) {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  await start();
  const client = new ECSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'runner', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  if (fate === 'killed before every call') {
    client.middlewareStack.add(
      (next) => async (args) => {
        await end('SIGKILL');
        await start();
        return next(args);
      },
      { step: 'initialize' },
    );
  }
  await client.send(new CreateClusterCommand({ clusterName: CLUSTER }));

  const cloud: Cloud = {
    root,
    client,
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGINT'),
    processes: () => processesOf(root).filter(({ task }) => task !== undefined),
    events: () => wholeLines(join(root, 'events')).map((line): Record<string, unknown> => JSON.parse(line)),
    routes: () => JSON.parse(read('routes.json') || '{}'),
    log: (group) =>
      readdirSync(join(root, 'logs', group))
        .flatMap((name) => read(join('logs', group, name)).split('\n'))
        .filter((line) => line !== '')
        .map((line) => line.replace(/^\d{13} /, '')),
    async destroy() {
      await end('SIGKILL');
      const isOwn = (path: string) => path.startsWith(`${join(root, 'tasks')}/`);
      await eventually('no process is left', () => endMarked(isOwn) === 0);
      rmSync(root, { recursive: true, force: true });
      client.destroy();
    },
  };
  return cloud;
}

/** The pids of the processes whose last argument is this one. */
export function commandsWith(argument: string): string[] {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && readProc(`/proc/${name}/cmdline`).endsWith(`\0${argument}\0`),
  );
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A container that runs a line of shell. */
export function shell(line: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return { name: 'main', image: 'any', command: ['/bin/sh', '-c', line], ...more };
}

/** A health check that passes once the file is in the task's folder; asked every second at first. */
export function healthyWhen(file: string): ContainerDefinition['healthCheck'] {
  return {
    command: ['CMD-SHELL', `test -e ${file} || { echo no ${file}; exit 1; }`],
    interval: 5,
    timeout: 60,
    retries: 1,
    startPeriod: 60,
  };
}

export async function register(cloud: Cloud, ...containers: ContainerDefinition[]): Promise<string> {
  const { taskDefinition } = await cloud.client.send(
    new RegisterTaskDefinitionCommand({ family: 'test', containerDefinitions: containers }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

export async function run(cloud: Cloud, ...containers: ContainerDefinition[]): Promise<string> {
  const taskDefinition = await register(cloud, ...containers);
  const { tasks } = await cloud.client.send(new RunTaskCommand({ cluster: CLUSTER, taskDefinition }));
  return tasks?.[0]?.taskArn ?? '';
}

export async function describeTask(cloud: Cloud, taskArn: string): Promise<Task> {
  const { tasks } = await cloud.client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [taskArn] }));
  const [task] = tasks ?? [];
  if (task === undefined) throw new Error(`${taskArn} is not described`);
  return task;
}

/** Waits until a task is as wanted, and answers it. */
export async function taskWhen(
  cloud: Cloud,
  taskArn: string,
  what: string,
  holds: (task: Task) => boolean,
): Promise<Task> {
  let task = await describeTask(cloud, taskArn);
  await eventually(
    what,
    async () => {
      task = await describeTask(cloud, taskArn);
      return holds(task);
    },
    30_000,
  ).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(task)}`);
  });
  return task;
}

export function stopped(cloud: Cloud, taskArn: string): Promise<Task> {
  return taskWhen(cloud, taskArn, 'the task stopped', ({ lastStatus }) => lastStatus === 'STOPPED');
}

export function running(cloud: Cloud, taskArn: string): Promise<Task> {
  return taskWhen(cloud, taskArn, 'the task runs', ({ lastStatus }) => lastStatus === 'RUNNING');
}

export async function createService(
  cloud: Cloud,
  taskDefinition: string,
  more: Partial<CreateServiceCommandInput> = {},
): Promise<void> {
  await cloud.client.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: 'web',
      taskDefinition,
      desiredCount: 1,
      ...more,
    }),
  );
}

export async function describeService(cloud: Cloud, name = 'web'): Promise<Service> {
  const { services } = await cloud.client.send(
    new DescribeServicesCommand({ cluster: CLUSTER, services: [name] }),
  );
  const [service] = services ?? [];
  if (service === undefined) throw new Error(`Service ${name} is not described`);
  return service;
}

/** Waits until the service is as wanted, and answers it. */
export async function serviceWhen(
  cloud: Cloud,
  what: string,
  holds: (service: Service) => boolean,
  milliseconds = 30_000,
): Promise<Service> {
  let service = await describeService(cloud);
  await eventually(
    what,
    async () => {
      service = await describeService(cloud);
      return holds(service);
    },
    milliseconds,
  ).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(service)}`);
  });
  return service;
}

export function steady(cloud: Cloud): Promise<Service> {
  return serviceWhen(
    cloud,
    'the rollout completed',
    ({ deployments }) => deployments?.[0]?.rolloutState === 'COMPLETED',
  );
}

/** The tasks of the service that are to run, oldest first. */
export async function serviceTasks(cloud: Cloud, serviceName = 'web'): Promise<Task[]> {
  const { taskArns = [] } = await cloud.client.send(new ListTasksCommand({ cluster: CLUSTER, serviceName }));
  const describe = new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns });
  return taskArns.length === 0 ? [] : ((await cloud.client.send(describe)).tasks ?? []);
}

/** The pid of the shim of a task's only container. */
export function shimOf(cloud: Cloud, taskArn: string): number {
  const file = join(cloud.root, 'tasks', taskArn.split('/').at(-1) ?? '', 'main.json');
  return JSON.parse(readFileSync(file, 'utf8')).shim.pid;
}

/** The working directory of a task. */
export function workFolder(cloud: Cloud, taskArn: string): string {
  return join(cloud.root, 'tasks', taskArn.split('/').at(-1) ?? '', 'work');
}

/** What the tasks have left on disk. */
export function readTasksFolder(cloud: Cloud): string[] {
  return readdirSync(join(cloud.root, 'tasks'));
}
