import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/ports.ts';

export interface CellProcess {
  readonly home: string;
  readonly s3: string;
  readonly forwarder: string;
  /** Starts it and waits until it answers. */
  start(): Promise<void>;
  /** Sends a signal and answers the exit code, null for one that a signal ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  remove(): Promise<void>;
}

/** The cell process as the platform starts it, over a data folder and ports of its own. */
export async function cellProcess(): Promise<CellProcess> {
  const home = mkdtempSync(join(tmpdir(), 'cell-'));
  const [s3Port, forwarderPort] = [await freePort(), await freePort()];
  const s3 = `http://127.0.0.1:${s3Port}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../../../local/cell/main.ts'),
        ...['--home', home, '--s3-port', String(s3Port), '--forwarder-port', String(forwarderPort)],
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { NODE_COMPILE_CACHE: join(home, 'cache') } },
    );
    while (!(await answers(s3))) {
      if (child.exitCode !== null) throw new Error(`the cell process ended with ${child.exitCode}`);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    child.kill(signal);
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : null;
  }

  return {
    home,
    s3,
    forwarder: `http://127.0.0.1:${forwarderPort}`,
    start,
    end,
    async remove() {
      await end('SIGKILL');
      rmSync(home, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  }
}
