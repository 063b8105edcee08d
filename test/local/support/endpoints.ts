import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionEntry, Trigger } from '../../../functions/catalog.ts';
import { createEndpoints, type Endpoints, type EndpointsOptions } from '../../../local/endpoints.ts';
import { freePort } from '../../support/ports.ts';
import { wholeLines } from './lines.ts';

/** The repository's root, to which handlers are relative. */
const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A function of a test: one of the handlers beside this file. */
export function testFunction(
  name: string,
  handler: 'behave' | 'record',
  trigger: Trigger,
  options: Partial<FunctionEntry> = {},
): FunctionEntry {
  return {
    name,
    handler: `test/local/support/handlers/${handler}.ts`,
    trigger,
    memory: 128,
    timeout: 5,
    grants: [],
    ...options,
  };
}

/** A data folder for endpoints, and what its functions recorded. */
export interface Folder {
  readonly root: string;
  /** The events that the `record` handlers were given, oldest first. */
  recorded(): readonly unknown[];
  /** Lets the `record` handlers fail for events that contain this text; undefined lets none fail. */
  failFor(text: string | undefined): void;
  remove(): void;
}

export function createFolder(): Folder {
  const root = mkdtempSync(join(tmpdir(), 'windsock-endpoints-'));
  for (const name of ['state', 'logs', 'keys', 'cache']) mkdirSync(join(root, name));
  const record = join(root, 'record');
  const failWhile = join(root, 'fail-while');
  return {
    root,
    recorded: () => wholeLines(record).map((line): unknown => JSON.parse(line)),
    failFor(text) {
      if (text === undefined) rmSync(failWhile, { force: true });
      else writeFileSync(failWhile, text);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface Setup {
  readonly functions: readonly FunctionEntry[];
  readonly dynamodbPort?: number;
  /** How long the `record` handlers take, in milliseconds. */
  readonly sleepMs?: number;
}

export function optionsOf(
  root: string,
  { functions, dynamodbPort = 1, sleepMs = 0 }: Setup,
): EndpointsOptions {
  const folder = (name: string) => join(root, name);
  return {
    folders: { state: folder('state'), logs: folder('logs'), keys: folder('keys'), cache: folder('cache') },
    root: ROOT,
    functions,
    environment: {
      AWS_REGION: 'us-east-1',
      RECORD: folder('record'),
      FAIL_WHILE: folder('fail-while'),
      SLEEP_MS: String(sleepMs),
    },
    names: { table: 'windsock', bus: 'windsock' },
    dynamodbPort,
    dynamodbFile: folder('dynamodb.sqlite'),
    services: () => [],
    onError: (message, error) => console.error(message, error),
  };
}

export interface TestEndpoints extends Endpoints {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the endpoints in this process. */
export async function startEndpoints(folder: Folder, setup: Setup): Promise<TestEndpoints> {
  const endpoints = createEndpoints(optionsOf(folder.root, setup));
  const url = await listen(endpoints);
  endpoints.start();
  return {
    ...endpoints,
    url,
    async close() {
      endpoints.server.close();
      endpoints.server.closeAllConnections();
      await endpoints.stop();
    },
  };
}

export async function listen({ server }: Endpoints, port = 0): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${portOf(server.address())}`;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}

/** The endpoints as a process of their own, that can be killed and started again on the same port. */
export interface EndpointsProcess {
  /** The same over all starts. */
  url(): string;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

export function createEndpointsProcess(folder: Folder, setup: Setup): EndpointsProcess {
  let child: ChildProcess | undefined;
  let port: number | undefined;
  let url = '';
  return {
    url: () => url,
    async start() {
      port ??= await freePort();
      const argument = JSON.stringify({ root: folder.root, setup, port });
      const started = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), argument], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      const [line] = await once(started.stdout, 'data');
      url = String(line).trim();
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Options of an SDK client that calls these endpoints under this access key. */
export function as(principal: string, url: string) {
  return {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: principal, secretAccessKey: 'local' },
  };
}
