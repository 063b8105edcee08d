import { setTimeout as wait } from 'node:timers/promises';
import { openExecutions } from './executions.ts';
import type { Platform } from './platform.ts';
import { killProcess, type Process, processesOf } from './processes.ts';

/**
 * Kills the runner, and starts it again, each time that a workflow's execution enters a state for the first time; a
 * runner that is still starting too. `stop` answers the states in which it was killed, of each execution by itself, and
 * throws when the runner did not start again.
 */
export function killAtEveryState(platform: Platform): { stop(): Promise<string[][]> } {
  const stopping = new AbortController();
  const killing = Promise.allSettled([kill()]);

  async function kill(): Promise<string[][]> {
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
    return [...killed.values()];
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

/** What is killed: the runner, a server that outlives it, a shim, or another process of a container. */
export const victims = ['runner', 'postgres', 'dynoxide', 'cell', 'shim', 'component'] as const;

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
  dynoxide: ({ command, task }) => task === undefined && command.includes('dynoxide serve'),
  cell: ({ command, task }) => task === undefined && command.includes('local/cell/main.ts'),
  shim: ({ isShim }) => isShim,
  component: ({ task, isShim }) => task !== undefined && !isShim,
};
