import { realpathSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Allows } from '../endpoint/grants.ts';
import { REGION, type Service } from '../endpoint/service.ts';
import { clusterActions } from './actions/clusters.ts';
import { protectionActions } from './actions/protection.ts';
import { also, resources } from './actions/resources.ts';
import { serviceActions } from './actions/services.ts';
import { taskDefinitionActions } from './actions/taskDefinitions.ts';
import { taskActions } from './actions/tasks.ts';
import { agentProtocol } from './agent.ts';
import type { Image } from './container.ts';
import { Containers } from './containers.ts';
import type { EcsEvent } from './events.ts';
import { Loop } from './loop.ts';
import { Scheduler } from './scheduler.ts';
import { Store } from './store.ts';

export interface EcsOptions {
  /** The SQLite file of ECS's state. */
  readonly statePath: string;
  /** Scratch folders of the tasks. */
  readonly tasksFolder: string;
  readonly logsFolder: string;
  /** Where Service Connect's addresses are written: `{ "<dnsName>": ["127.0.0.1:<port>", ...] }`. */
  readonly routesFile: string;
  /** The Python (3.10 or newer) that runs the shims. */
  readonly python: string;
  /** What every container is given: the addresses of this cloud's endpoints. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the server listens that answers `protocols`, which the containers' `ECS_AGENT_URI` begins with. */
  readonly agentUrl: string;
  /** The grants of tasks' roles. */
  readonly allows: Allows;
  readonly resolveImage: (image: string) => Promise<Image>;
  readonly readSecret: (valueFrom: string) => Promise<string>;
  readonly onEvent: (event: EcsEvent) => void;
  readonly onError: (message: string, error: unknown) => void;
  /** MiB of the machine, on which no larger task is placed; all that it has unless told. */
  readonly memory?: number;
  /** Epoch milliseconds; ECS keeps real time. */
  readonly now?: () => number;
}

/** ECS on this machine: the service, and the loop that carries out what it was asked. */
export interface Ecs extends Service {
  /** Takes up what earlier runners left, ends what belongs to nobody, and begins. */
  start(): void;
  /** Stops all tasks by their stop signals and timeouts, those that others reach by Service Connect last. */
  stop(): Promise<void>;
  /** The services, and the families of one-off tasks, of which a task has not ended. */
  live(): string[];
  /** Leaves every task running. */
  detach(): void;
}

/** Creates the endpoint over its state; nothing runs before `start`. */
export function createEcs(options: EcsOptions): Ecs {
  const now = options.now ?? Date.now;
  const store = new Store(options.statePath);
  const containers = new Containers({
    ...options,
    store,
    tasksFolder: realpathSync(options.tasksFolder),
    environment: { AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, ...options.environment },
    onChange: () => loop.wake(),
  });
  const memory = options.memory ?? totalmem() / 1024 ** 2;
  const scheduler = new Scheduler({ ...options, store, containers, memory, now });
  const loop: Loop = new Loop({ scheduler, store, now, onError: options.onError });
  const parts = { store, now, wake: () => loop.wake() };
  const protection = protectionActions(parts);
  return {
    name: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    jsonVersion: '1.1',
    actions: {
      ...clusterActions(parts),
      ...taskDefinitionActions(parts),
      ...serviceActions(parts),
      ...taskActions(parts),
      ...protection,
    },
    protocols: [agentProtocol({ store, actions: protection, allows: options.allows })],
    resources,
    also,
    start() {
      containers.sweep();
      loop.start();
    },
    stop: () => loop.stopAll(),
    live: () =>
      [...new Set(store.liveTasks().map(({ group }) => group.replace(/^(service|family):/, '')))].sort(),
    detach() {
      loop.end();
      containers.detach();
      store.close();
    },
  };
}
