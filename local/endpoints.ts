import type { Server } from 'node:http';
import { join } from 'node:path';
import type { FunctionEntry } from '../functions/catalog.ts';
import { type Clock, openClock } from './clock/clock.ts';
import { createSchedule, type Schedule } from './clock/schedule.ts';
import { keptRecords } from './dynamodb/kept-records.ts';
import { dynamodbProtocol } from './dynamodb/proxy.ts';
import { openStreamReader } from './dynamodb/streams.ts';
import { openUpstream } from './dynamodb/upstream.ts';
import { type Allows, createGrants } from './endpoint/grants.ts';
import { jsonProtocol } from './endpoint/json.ts';
import { queryProtocol } from './endpoint/query.ts';
import { restProtocol } from './endpoint/rest.ts';
import { createEndpointServer } from './endpoint/server.ts';
import { ACCOUNT, REGION, type Service } from './endpoint/service.ts';
import { createEventBus } from './events/bus.ts';
import { createIam } from './iam/endpoint.ts';
import { openRoles, roleStatements } from './iam/roles.ts';
import { createLambdaHost, type LambdaHost } from './lambda/host.ts';
import { createFunctionLogs } from './lambda/log.ts';
import { createStreamMapping } from './lambda/stream.ts';
import { createLogs } from './logs/endpoint.ts';
import { openSubscriptions } from './logs/subscriptions.ts';
import { createMailbox, type Mailbox } from './mail/mailbox.ts';
import { createSecrets } from './secrets/endpoint.ts';
import { openSecretStore, type SecretStore } from './secrets/store.ts';
import { createStates } from './states/endpoint.ts';

export interface EndpointsOptions {
  /** Folders of the data folder: SQLite files, logs, keys, Node's compile cache. */
  readonly folders: {
    readonly state: string;
    readonly logs: string;
    readonly keys: string;
    readonly cache: string;
  };
  /** The repository's root, which the catalog's handlers are relative to. */
  readonly root: string;
  readonly functions: readonly FunctionEntry[];
  /** What every function finds in its environment, the endpoints' addresses included. */
  readonly environment: Readonly<Record<string, string>>;
  /** The names that the catalog's grants use beside region and account: `table`, `bus`, `bucket`, `cluster` ... */
  readonly names: Readonly<Record<string, string>> & { readonly table: string; readonly bus: string };
  /** Where the database listens, on loopback. */
  readonly dynamodbPort: number;
  /** The database's file. */
  readonly dynamodbFile: string;
  /** Services of other parts that the same server answers: ECS. */
  readonly services: (secrets: SecretStore, clock: Clock, allows: Allows) => readonly Service[];
  readonly onError: (message: string, error: unknown) => void;
}

export interface Endpoints {
  /** Answers every AWS endpoint but S3's; the caller listens. */
  readonly server: Server;
  readonly host: LambdaHost;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly mailbox: Mailbox;
  readonly secrets: SecretStore;
  readonly allows: Allows;
  /** Begins to deliver events, stream records and schedules, and goes on with executions. */
  start(): void;
  /** Ends in order: what is not finished goes on with the next start. The caller closes the server first. */
  stop(): Promise<void>;
}

/** The local cloud's endpoints and functions in one process, over one data folder. Nothing runs before `start`. */
export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { folders, functions, onError } = options;
  const stateFile = (name: string) => join(folders.state, `${name}.db`);
  const clock = openClock(stateFile('clock'));
  const roles = openRoles(stateFile('iam'));
  const secrets = openSecretStore(stateFile('secrets'), join(folders.keys, 'secrets'));
  const names = { region: REGION, account: ACCOUNT, ...options.names };
  const allows = createGrants({ functions, names, roleStatements: roleStatements(roles) });
  const functionLogs = createFunctionLogs(folders.logs);
  const host = createLambdaHost({
    functions,
    root: options.root,
    environment: options.environment,
    compileCache: folders.cache,
    log: functionLogs.write,
  });
  const schedule = createSchedule(functions, host, clock);
  const mailbox = createMailbox(stateFile('mail'));
  const upstream = openUpstream(options.dynamodbPort);
  const reader = openStreamReader(upstream, names.table);
  const kept = keptRecords(options.dynamodbFile, names.table);
  const streams = functions
    .filter((entry) => entry.trigger.kind === 'stream')
    .map((entry) =>
      createStreamMapping({
        entry,
        host,
        reader,
        kept,
        clock,
        path: stateFile(`stream-${entry.name}`),
        onError,
      }),
    );
  const bus = createEventBus({
    busName: names.bus,
    functions,
    host,
    clock,
    path: stateFile('events'),
    onError,
  });
  const subscriptions = openSubscriptions({
    root: folders.logs,
    host,
    clock,
    path: stateFile('logs'),
    onError,
  });
  const states = createStates({ host, clock, path: stateFile('states'), onError });
  const json = [
    bus,
    states,
    createSecrets(secrets),
    createLogs(folders.logs, functions, subscriptions),
    ...options.services(secrets, clock, allows),
  ];
  const sendEmail = { method: 'POST', path: '/v2/email/outbound-emails', action: 'SendEmail' };
  const server = createEndpointServer({
    protocols: [
      dynamodbProtocol(upstream, allows, () => {
        for (const stream of streams) stream.wake();
      }),
      jsonProtocol(json, allows),
      restProtocol(mailbox, sendEmail, allows),
      queryProtocol(createIam(roles), allows),
      ...json.flatMap(({ protocols = [] }) => protocols),
    ],
    onError,
  });

  return {
    server,
    host,
    clock,
    schedule,
    mailbox,
    secrets,
    allows,
    start() {
      bus.start();
      states.start();
      subscriptions.start();
      for (const stream of streams) stream.start();
      schedule.start();
    },
    async stop() {
      schedule.stop();
      await Promise.all([
        bus.stop(),
        subscriptions.stop(),
        states.stop(),
        ...streams.map((stream) => stream.stop()),
      ]);
      await host.stop();
      upstream.close();
      for (const state of [mailbox, secrets, roles, clock]) state.close();
      functionLogs.close();
    },
  };
}
