import { atomically } from '../endpoint/state.ts';
import type { Service, Task } from './documents.ts';
import { toStop } from './lifecycle.ts';
import { isConnected } from './routes.ts';
import type { Scheduler } from './scheduler.ts';
import type { Store } from './store.ts';

/** How often it looks although nothing called: at shims that were killed, and at what time alone decides. */
const TICK_MS = 1_000;
const EXPIRE_MS = 60_000;

export interface LoopOptions {
  readonly scheduler: Scheduler;
  readonly store: Store;
  readonly now: () => number;
  readonly onError: (message: string, error: unknown) => void;
}

/** When the scheduler looks: after every change, and every second. */
export class Loop {
  readonly #options: LoopOptions;
  #timers: NodeJS.Timeout[] = [];
  #queued = false;
  #afterLook: (() => void)[] = [];

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    const { scheduler } = this.#options;
    this.#timers = [
      setInterval(() => this.wake(), TICK_MS),
      setInterval(() => this.#guarded(() => scheduler.expire()), EXPIRE_MS),
    ];
    this.#guarded(() => scheduler.expire());
    this.wake();
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  /** Has the scheduler look soon; many calls are one look. */
  wake(): void {
    if (this.#queued || this.#timers.length === 0) return;
    this.#queued = true;
    setImmediate(() => {
      this.#queued = false;
      if (this.#timers.length === 0) return;
      this.#guarded(() => {
        if (this.#options.scheduler.look()) this.wake();
      });
      for (const check of this.#afterLook) check();
    });
  }

  /** Stops all tasks in order: those that others reach by Service Connect when the others have ended. */
  async stopAll(): Promise<void> {
    const { scheduler, store } = this.#options;
    scheduler.halted = true;
    const connected = store.services().filter(isConnected);
    await this.#stop((task) => !connected.some((service) => runs(service, task)));
    await this.#stop(() => true);
  }

  #stop(isMeant: (task: Task) => boolean): Promise<void> {
    const { store, now } = this.#options;
    atomically(store.database, () => {
      for (const task of store.liveTasks().filter(isMeant)) {
        const code = task.service === undefined ? 'UserInitiated' : 'ServiceSchedulerInitiated';
        store.putTask(toStop(task, code, 'The platform was stopped', now()));
      }
    });
    this.wake();
    return new Promise((resolve) => {
      const check = () => {
        if (store.liveTasks().some(isMeant)) return;
        this.#afterLook = this.#afterLook.filter((other) => other !== check);
        resolve();
      };
      this.#afterLook.push(check);
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onError('ECS could not look at its tasks', error);
    }
  }
}

function runs(service: Service, task: Task): boolean {
  return service.cluster === task.cluster && service.serviceName === task.service?.name;
}
