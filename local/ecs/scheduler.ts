import { randomUUID } from 'node:crypto';
import { atomically } from '../endpoint/state.ts';
import { taskIdOf } from './container.ts';
import type { Containers } from './containers.ts';
import { decide, primaryOf } from './decide.ts';
import type { Service, Task, TaskDefinition } from './documents.ts';
import { type EcsEvent, serviceEvents, taskEvents } from './events.ts';
import { type Step, settle, toStop } from './lifecycle.ts';
import { publishRoutes, routesOf } from './routes.ts';
import type { Store } from './store.ts';
import { newServiceTask } from './task.ts';

/** How long a stopped task can still be described, as on ECS. */
const KEPT_MS = 60 * 60 * 1000;
/** As ECS says it. */
const UNPLACED =
  'was unable to place a task because no container instance met all of its requirements. The closest matching container-instance has insufficient memory available.';
/** How many of its events a service keeps. */
const EVENTS = 100;

export interface SchedulerOptions {
  readonly store: Store;
  readonly containers: Containers;
  /** MiB of the machine. Memory is a limit here and not reserved, so tasks fit beside each other, but none larger. */
  readonly memory: number;
  readonly now: () => number;
  readonly routesFile: string;
  readonly onEvent: (event: EcsEvent) => void;
}

/** What one look has seen and done. */
interface Look {
  readonly at: number;
  /** The tasks that have not ended, as they are now. */
  readonly tasks: Map<string, Task>;
  readonly ended: Task[];
  readonly events: EcsEvent[];
}

/**
 * One look at everything: what the containers did is written to the tasks, the services decide, all in one
 * transaction; then what was decided is done. Every effect follows from the rows and may be repeated, so a
 * runner that dies in between goes on with its next look.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  /** Those in use: they never change. */
  readonly #definitions = new Map<string, TaskDefinition>();
  /** While everything is stopped, services start nothing. */
  halted = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Looks once. True when something changed, which a further look may carry on. */
  look(): boolean {
    const { store, containers, now } = this.#options;
    const look: Look = { at: now(), tasks: new Map(), ended: [], events: [] };
    const before = store.liveTasks();
    const observed = before.map((task) => containers.observe(task));
    const steps = atomically(store.database, () => {
      const settled = before.map((task, index) => {
        const step = settle(
          task,
          this.#definition(task.taskDefinitionArn),
          observed[index] ?? new Map(),
          look.at,
        );
        return { ...step, task: this.#saveTask(task, step.task, look) };
      });
      const services = store.services().filter(({ status }) => status !== 'INACTIVE');
      if (!this.halted) for (const service of services) this.#decide(service, look);
      return settled;
    });
    this.#publishRoutes(look);
    for (const step of steps) this.#carryOut(step);
    for (const event of look.events) this.#options.onEvent(event);
    return look.events.length > 0;
  }

  /** Forgets what ended long ago, and task definitions that were deleted and that nothing uses. */
  expire(): void {
    const { store, now } = this.#options;
    const limit = now() - KEPT_MS;
    const live = store.liveTasks();
    const services = store.services();
    const used = new Set([
      ...live.map(({ taskDefinitionArn }) => taskDefinitionArn),
      ...services.filter(({ status }) => status !== 'INACTIVE').map(({ taskDefinition }) => taskDefinition),
    ]);
    for (const arn of this.#definitions.keys()) if (!used.has(arn)) this.#definitions.delete(arn);
    atomically(store.database, () => {
      for (const task of store.stoppedTasks()) {
        if ((task.stoppedAt ?? 0) < limit) store.deleteTask(task.taskArn);
      }
      for (const service of services) {
        if (service.endedAt !== undefined && service.endedAt < limit) store.deleteService(service.serviceArn);
      }
      for (const { taskDefinitionArn } of store.taskDefinitions('DELETE_IN_PROGRESS')) {
        if (!used.has(taskDefinitionArn)) store.deleteTaskDefinition(taskDefinitionArn);
      }
    });
  }

  #decide(service: Service, look: Look): void {
    const isOwn = (task: Task) =>
      task.cluster === service.cluster && task.service?.name === service.serviceName;
    const decision = decide(
      service,
      [...look.tasks.values()].filter(isOwn),
      look.ended.filter(isOwn),
      look.at,
    );
    const messages: string[] = [];
    for (const { taskArn, reason } of decision.stop) {
      const task = look.tasks.get(taskArn);
      if (task === undefined) continue;
      this.#saveTask(task, toStop(task, 'ServiceSchedulerInitiated', reason, look.at), look);
      messages.push(`has stopped 1 running tasks: (task ${taskIdOf(taskArn)}): ${reason}.`);
    }
    const primary = primaryOf(decision.service);
    const definition = this.#definition(primary.taskDefinition);
    const fits = Number(definition.memory ?? 0) <= this.#options.memory;
    if (decision.start > 0 && !fits && !hasSaid(service, UNPLACED)) messages.push(UNPLACED);
    for (let count = 0; fits && count < decision.start; count++) {
      const task = this.#saveTask(undefined, newServiceTask(service, primary.id, definition, look.at), look);
      messages.push(`has started 1 tasks: (task ${taskIdOf(task.taskArn)}).`);
    }
    if (decision.service.steady && !service.steady) messages.push('has reached a steady state.');
    this.#saveService(service, withEvents(decision.service, messages, look.at), look);
  }

  #saveTask(before: Task | undefined, changed: Task, look: Look): Task {
    const isSame = before !== undefined && JSON.stringify(before) === JSON.stringify(changed);
    const after = isSame ? before : { ...changed, version: (before?.version ?? 0) + 1 };
    if (!isSame) this.#options.store.putTask(after);
    look.events.push(...taskEvents(before, after, look.at));
    if (after.lastStatus === 'STOPPED') look.ended.push(after);
    else look.tasks.set(after.taskArn, after);
    return after;
  }

  #saveService(before: Service, after: Service, look: Look): void {
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#options.store.putService(after);
    look.events.push(...serviceEvents(before, after, look.at));
  }

  #publishRoutes({ tasks, at }: Look): void {
    const { store, routesFile } = this.#options;
    const definitionOf = (arn: string) => this.#definition(arn);
    publishRoutes(routesFile, routesOf(store.services(), [...tasks.values()], definitionOf, at));
  }

  #carryOut({ task, start, stop }: Step): void {
    const { containers } = this.#options;
    if (task.lastStatus === 'STOPPED') containers.remove(task);
    for (const name of start) containers.start(task, this.#definition(task.taskDefinitionArn), name);
    for (const name of stop) containers.stop(task, name);
  }

  #definition(arn: string): TaskDefinition {
    const definition = this.#definitions.get(arn) ?? this.#options.store.taskDefinition(arn);
    if (definition === undefined) throw new Error(`${arn} is used but not there`);
    this.#definitions.set(arn, definition);
    return definition;
  }
}

/** Whether this is the last that a service has said. */
function hasSaid({ events: [last] }: Service, message: string): boolean {
  return last?.message.endsWith(message) === true;
}

function withEvents(service: Service, messages: readonly string[], now: number): Service {
  const events = messages.map((message) => ({
    id: randomUUID(),
    createdAt: now,
    message: `(service ${service.serviceName}) ${message}`,
  }));
  return { ...service, events: [...events.reverse(), ...service.events].slice(0, EVENTS) };
}
