import { setTimeout as wait } from 'node:timers/promises';
import { openExecutions } from './executions.ts';
import type { Platform } from './platform.ts';
import { killProcess, mainProcesses, type Process, processesOf } from './processes.ts';

/** The states of one execution in which the runner was killed, and which of the deployment's operations it carried out. */
export interface Killed {
  readonly operation: string;
  readonly states: readonly string[];
}

/** The states that these kills have met, each by itself and with its operation: `Publish` and `2 Publish`. */
export function statesOf(killed: readonly Killed[]): string[] {
  return killed.flatMap(({ operation, states }) =>
    states.flatMap((state) => [state, `${operation} ${state}`]),
  );
}

/**
 * Kills the runner, and starts it again, each time that a workflow's execution enters a state for the first time; a
 * runner that is still starting too. `stop` answers the states in which it was killed, of each execution by itself, and
 * throws when the runner did not start again.
 */
export function killAtEveryState(platform: Platform): { stop(): Promise<Killed[]> } {
  const stopping = new AbortController();
  const killing = Promise.allSettled([kill()]);

  async function kill(): Promise<Killed[]> {
    const executions = openExecutions(platform.home);
    const entered = () => executions.all().map(({ name, state }) => `${name} ${state}`);
    const seen = new Set(entered());
    const killed = new Map<string, string[]>();
    while (!stopping.signal.aborted) {
      const fresh = entered().filter((state) => !seen.has(state));
      if (fresh.length > 0) {
        await platform.kill();
        platform.launch();
      }
      for (const state of fresh) {
        seen.add(state);
        const [execution = '', name = ''] = state.split(' ');
        killed.set(execution, [...(killed.get(execution) ?? []), name]);
      }
      await wait(2);
    }
    executions.close();
    await platform.ready();
    return [...killed].map(([execution, states]) => ({ operation: operationOf(execution), states }));
  }

  return {
    async stop() {
      stopping.abort();
      const [outcome] = await killing;
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    },
  };
}

/**
 * What is killed at each step of a workflow besides the runner, the victims of a group at once. Keys are a step of one
 * of a deployment's operations, by its number: `2 Publish`. A group is taken out of it once it was killed there.
 */
export type Wanted = Map<string, readonly (readonly BoundaryVictim[])[]>;

/** A container's main process, or a victim of another kind. */
export type BoundaryVictim = 'main' | Exclude<Kill['victim'], 'runner' | 'component'>;

/**
 * Kills one of the wanted groups each time that a workflow is at a step, the first of them whose victims are there.
 * Those that are killed have to come back by themselves.
 */
export function killWanted(platform: Platform, wanted: Wanted) {
  const { home } = platform;
  const stopping = new AbortController();
  const executions = openExecutions(home);
  const running = () => executions.all().filter(({ status }) => status === 'RUNNING');
  const killing = Promise.allSettled([kill()]);
  let picked = 0;

  async function kill(): Promise<void> {
    const done = new Set<string>();
    while (!stopping.signal.aborted) {
      for (const { name, state } of running()) {
        const step = `${operationOf(name)} ${state}`;
        if (!done.has(`${name} ${state}`) && killOne(step)) done.add(`${name} ${state}`);
      }
      await wait(2);
    }
  }

  function killOne(step: string): boolean {
    for (const group of wanted.get(step) ?? []) {
      const pids = group.map((victim) => oneOf(pidsOf(home, victim)));
      if (pids.includes(undefined)) continue;
      for (const pid of pids) if (pid !== undefined) killProcess(pid);
      wanted.set(step, wanted.get(step)?.filter((other) => other !== group) ?? []);
      return true;
    }
    return false;
  }

  function oneOf(pids: readonly number[]): number | undefined {
    picked += 1;
    return pids[picked % Math.max(1, pids.length)];
  }

  return {
    /** Whether no workflow runs: nothing is killed until the next one begins. */
    isIdle: () => running().length === 0,
    async stop(): Promise<void> {
      stopping.abort();
      const [outcome] = await killing;
      executions.close();
      if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

/** The number of a deployment's operation, which its executions' names have. */
const operationOf = (execution: string) => execution.split('-')[1] ?? '';

function pidsOf(home: string, victim: BoundaryVictim): number[] {
  if (victim === 'main') return Object.values(mainProcesses(home));
  return processesOf(home)
    .filter(isVictim[victim])
    .map(({ pid }) => pid);
}

/** What is killed: the runner, a server that outlives it, a shim, or another process of a container. */
export const victims = ['runner', 'postgres', 'redis', 'dynoxide', 'cell', 'shim', 'component'] as const;

/** One of the victims, the `pick`th of those that there are, so many milliseconds after the one before. */
export interface Kill {
  readonly victim: (typeof victims)[number];
  readonly pick: number;
  readonly after: number;
}

/** Kills one after the other. Only the runner has to be started again by hand. */
export async function killInTurn(platform: Platform, kills: readonly Kill[]): Promise<void> {
  for (const { victim, pick, after } of kills) {
    await wait(after);
    if (victim === 'runner') {
      await platform.kill();
      await platform.start();
    } else {
      const found = processesOf(platform.home).filter(isVictim[victim]);
      const unlucky = found[pick % Math.max(1, found.length)];
      if (unlucky !== undefined) killProcess(unlucky.pid);
    }
  }
}

const isVictim: Record<Exclude<Kill['victim'], 'runner'>, (process: Process) => boolean> = {
  postgres: ({ command, task }) => task === undefined && command.includes('/bin/postgres -D'),
  redis: ({ command, task }) => task === undefined && command.includes('redis-server'),
  dynoxide: ({ command, task }) => task === undefined && command.includes('dynoxide serve'),
  cell: ({ command, task }) => task === undefined && command.includes('local/cell/main.ts'),
  shim: ({ isShim }) => isShim,
  component: ({ task, isShim }) => task !== undefined && !isShim,
};
