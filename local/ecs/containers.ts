import { type FSWatcher, mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { containerSpec, type Image, statusFile, taskFolder } from './container.ts';
import type { ContainerDefinition, Task, TaskDefinition } from './documents.ts';
import { choosePorts, mappedPorts } from './ports.ts';
import { endMarked } from './reaper.ts';
import { type ContainerStatus, endUnclaimed, observe, requestStop, startShim } from './shim.ts';
import type { Store } from './store.ts';

export interface ContainersOptions {
  readonly store: Store;
  readonly tasksFolder: string;
  readonly logsFolder: string;
  /** The Python that runs the shims. */
  readonly python: string;
  /** What every container is given, such as the endpoints' addresses. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the ECS agent answers. */
  readonly agentUrl: string;
  /** Finds, or builds, what an image stands for. Its error's message becomes the task's stopped reason. */
  readonly resolveImage: (image: string) => Promise<Image>;
  /** The value behind a secret's `valueFrom`. */
  readonly readSecret: (valueFrom: string) => Promise<string>;
  /** Told when a container may have changed. */
  readonly onChange: () => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** The containers of this machine: starts, watches and ends them. What they are doing is in their status files. */
export class Containers {
  readonly #options: ContainersOptions;
  /** Containers being started by this process, by status file. */
  readonly #starting = new Set<string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #takenPorts = new Set<number>();
  readonly #ports = new Map<string, Promise<void>>();
  #detached = false;

  constructor(options: ContainersOptions) {
    this.#options = options;
    for (const { ports } of options.store.liveTasks()) {
      for (const port of Object.values(ports ?? {})) this.#takenPorts.add(port);
    }
  }

  /** Ends every process and removes every folder that belongs to no live task. */
  sweep(): void {
    const { store, tasksFolder } = this.#options;
    const live = new Set(store.liveTasks().map((task) => taskFolder(tasksFolder, task)));
    endAll((path) => dirname(dirname(path)) === tasksFolder && !live.has(dirname(path)));
    for (const name of readdirSync(tasksFolder)) {
      const folder = join(tasksFolder, name);
      if (!live.has(folder)) rmSync(folder, { recursive: true, force: true });
    }
    for (const folder of live) this.#watch(folder);
  }

  /** What the containers of a task are doing, by name; none that nobody has claimed. */
  observe(task: Task): Map<string, ContainerStatus> {
    const seen = new Map<string, ContainerStatus>();
    for (const { name, lastStatus } of task.containers) {
      if (lastStatus === 'STOPPED') continue;
      const status = observe(statusFile(this.#options.tasksFolder, task, name));
      if (status !== undefined) seen.set(name, status);
    }
    return seen;
  }

  /** Starts a container unless it is being started. That it could not be is then its stopped reason. */
  start(task: Task, definition: TaskDefinition, name: string): void {
    const path = statusFile(this.#options.tasksFolder, task, name);
    if (this.#starting.has(path)) return;
    this.#starting.add(path);
    this.#run(task, definition, name)
      .catch((error: unknown) => {
        if (!this.#isWanted(task.taskArn)) return;
        this.#makeFolder(task);
        endUnclaimed(path, error instanceof Error ? error.message : String(error));
      })
      .catch((error: unknown) => this.#options.onError(`container ${path} could not be ended`, error))
      .finally(() => {
        this.#starting.delete(path);
        this.#options.onChange();
      });
  }

  /** Stops a container by its stop signal and timeout; one that nobody claimed will not start any more. */
  stop(task: Task, name: string): void {
    this.#makeFolder(task);
    const path = statusFile(this.#options.tasksFolder, task, name);
    if (observe(path) === undefined) {
      endUnclaimed(path, 'Stopped before it started');
      this.#options.onChange();
    } else requestStop(path);
  }

  /**
   * Removes what an ended task left on this machine. A shim that has not claimed its container yet is ended first:
   * once the status file is gone, nothing would keep it from claiming.
   */
  remove(task: Task): void {
    const folder = taskFolder(this.#options.tasksFolder, task);
    endAll((path) => dirname(path) === folder);
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#ports.delete(task.taskArn);
    for (const port of Object.values(task.ports ?? {})) this.#takenPorts.delete(port);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Stops watching, and starts nothing any more; the containers run on. */
  detach(): void {
    this.#detached = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Resolves when the container's shim has ended. */
  async #run(task: Task, definition: TaskDefinition, name: string): Promise<void> {
    const { python, environment, agentUrl, resolveImage, tasksFolder, logsFolder, store } = this.#options;
    const container = definition.containerDefinitions.find((candidate) => candidate.name === name);
    if (container === undefined) throw new Error(`The task definition has no container ${name}`);
    const [image, secrets] = await Promise.all([
      told('CannotPullContainerError', resolveImage(container.image)),
      told('ResourceInitializationError: unable to pull secrets', this.#secretsOf(container)),
      this.#portsFor(task),
    ]);
    const current = this.#isWanted(task.taskArn) ? store.task(task.taskArn) : undefined;
    if (current === undefined) return;
    this.#makeFolder(task);
    const spec = containerSpec({
      task: current,
      definition,
      container,
      image,
      secrets,
      environment,
      agentUrl,
      tasksFolder,
      logsFolder,
    });
    const complaint = await startShim(python, spec);
    if (complaint !== undefined && observe(spec.status) === undefined) {
      throw new Error(`CannotStartContainerError: ${complaint || 'its supervisor was killed'}`);
    }
  }

  async #secretsOf({ secrets }: ContainerDefinition): Promise<Record<string, string>> {
    const values = secrets.map(async ({ name, valueFrom }) => [
      name,
      await this.#options.readSecret(valueFrom),
    ]);
    return Object.fromEntries(await Promise.all(values));
  }

  /** Chooses the task's host ports once, and keeps them in its row. */
  #portsFor(task: Task): Promise<void> {
    const known = this.#ports.get(task.taskArn);
    if (known !== undefined) return known;
    const chosen = this.#choosePorts(task.taskArn);
    this.#ports.set(task.taskArn, chosen);
    return chosen;
  }

  async #choosePorts(taskArn: string): Promise<void> {
    const { store } = this.#options;
    const task = store.task(taskArn);
    if (task === undefined || task.ports !== undefined) return;
    const ports = await choosePorts(mappedPorts(task), this.#takenPorts);
    const current = store.task(taskArn);
    if (current !== undefined) store.putTask({ ...current, ports });
  }

  #isWanted(taskArn: string): boolean {
    return !this.#detached && this.#options.store.task(taskArn)?.desiredStatus === 'RUNNING';
  }

  #makeFolder(task: Task): void {
    const folder = taskFolder(this.#options.tasksFolder, task);
    for (const inside of ['work', 'tmp']) mkdirSync(join(folder, inside), { recursive: true, mode: 0o700 });
    this.#watch(folder);
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const watcher = watch(folder, () => this.#options.onChange());
    watcher.on('error', (error) => this.#options.onError(`${folder} cannot be watched`, error));
    this.#watchers.set(folder, watcher);
  }
}

/** Ends the processes of some containers until none is left. */
function endAll(isMeant: (statusPath: string) => boolean): void {
  let ended: number;
  do ended = endMarked(isMeant);
  while (ended > 0);
}

/** The same promise, its error told as ECS tells it. */
async function told<T>(code: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new Error(`${code}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
