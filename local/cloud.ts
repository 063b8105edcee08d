import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { catalog, type Trigger } from '../functions/catalog.ts';
import { createEcs, type Ecs } from './ecs/endpoint.ts';
import { createEndpoints } from './endpoints.ts';
import { awsEnvironment, platformEnvironment } from './environment.ts';
import { isSystemError } from './files.ts';
import { askControlPlane } from './front-door/authorize.ts';
import { createFrontDoor } from './front-door/front-door.ts';
import { openFrontDoorKeys } from './front-door/keys.ts';
import { listenOnLoopback } from './front-door/listen.ts';
import { gateway } from './gateway/gateway.ts';
import { localRoutes } from './gateway/local-routes.ts';
import type { Home } from './home.ts';
import { names } from './names.ts';
import { keptPorts, type Ports } from './ports.ts';
import { keepBrokerSecret, keepDatabaseSecret, keepPlatformSecret, makeResources } from './resources.ts';
import { openSecretStore } from './secrets/store.ts';
import { readSecret } from './secrets/value.ts';
import { dynamodbFile } from './servers/dynoxide.ts';
import { startServers } from './servers/servers.ts';
import type { Prepared } from './setup/prepare.ts';
import { makeTemplate } from './setup/template.ts';
import { sayWhileWaiting, waitingFor } from './waiting.ts';

export interface CloudOptions {
  readonly home: Home;
  /** The repository's folder. */
  readonly root: string;
  /** The public port. */
  readonly port: number;
  readonly prepared: Prepared;
  /** Tells a person what happens. */
  readonly say: (line: string) => void;
  /** Aborted when all is to end: what is begun and not needed any more is given up, and nothing is said of it. */
  readonly ending: AbortSignal;
}

export interface Cloud {
  /** What users see before every path: `http://localhost:8888`. */
  readonly origin: string;
  readonly ports: Ports;
  /** Stops everything in order: the public port, deployments, endpoints and functions, servers. */
  stop(): Promise<void>;
}

/**
 * Starts the one-machine cloud over its data folder, and takes up whatever an earlier runner left running. When it
 * cannot be started, all of that runs on as it was.
 */
export async function startCloud({ home, root, port, prepared, say, ending }: CloudOptions): Promise<Cloud> {
  const { tools, images, functions } = prepared;
  const origin = `http://localhost:${port}`;
  const ports = await keptPorts(home);
  const onError = (message: string, error: unknown) =>
    say(`${message}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const running = new AsyncDisposableStack();
  let isGivenUp = false;
  try {
    const servers = await startServers(home, tools, ports, say);
    running.defer(() => (isGivenUp ? servers.giveUp() : servers.stop()));
    if (prepared.isNew) {
      const givingUp = new AbortController();
      const signal = AbortSignal.any([ending, givingUp.signal]);
      const template = makeTemplate(home, ports, images, signal).catch((error: unknown) =>
        onError('The template database could not be made; the first deployment makes it', error),
      );
      running.defer(() => {
        givingUp.abort();
        return template;
      });
    }

    const secrets = openSecretStore(join(home.state, 'secrets.db'), join(home.keys, 'secrets'));
    const platform = keepPlatformSecret(secrets, home);
    const databaseSecretArn = keepDatabaseSecret(secrets, home);
    const brokerSecretArn = keepBrokerSecret(secrets, home);
    secrets.close();
    const aws = awsEnvironment(ports);
    const frontDoorKeys = await openFrontDoorKeys(home.keys);
    const place = {
      ports,
      publicUrl: origin,
      platformSecretArn: platform.arn,
      databaseSecretArn,
      brokerSecretArn,
      frontDoorKeys: frontDoorKeys.jwks,
    };

    let ecs: Ecs | undefined;
    let areClosed = false;
    const endpoints = createEndpoints({
      folders: { state: home.state, logs: home.logs, keys: home.keys, cache: join(home.root, 'cache') },
      root,
      functions,
      environment: { ...aws, ...platformEnvironment(place) },
      names,
      dynamodbPort: ports.dynamodb,
      dynamodbFile: dynamodbFile(home),
      services: (secretStore, _clock, allows) => {
        ecs = createEcs({
          statePath: join(home.state, 'ecs.db'),
          tasksFolder: home.tasks,
          logsFolder: home.logs,
          routesFile: join(home.state, 'routes.json'),
          python: tools.python,
          environment: aws,
          agentUrl: aws.AWS_ENDPOINT_URL_ECS,
          allows,
          resolveImage: (image) => images.build(image),
          readSecret: async (valueFrom) => readSecret(secretStore, valueFrom),
          onEvent: () => undefined,
          onError,
        });
        return [ecs];
      },
      // What still runs when they are closed fails by that, and goes on with the next start.
      onError: (message, error) => {
        if (!areClosed) onError(message, error);
      },
    });
    running.defer(() => endpoints.stop());
    await listen(endpoints.server, ports.endpoints);
    running.defer(() => {
      areClosed = true;
      return close(endpoints.server);
    });
    await makeResources(ports, root, functionOf('step'));
    const frontDoor = createFrontDoor({
      api: gateway({
        host: endpoints.host,
        functionName: functionOf('http'),
        clock: endpoints.clock,
        onError,
      }),
      local: localRoutes(endpoints),
      authorize: askControlPlane({ origin, secret: platform.secret.frontDoorToken, onError }),
      sign: frontDoorKeys.sign,
      forwarder: { host: '127.0.0.1', port: ports.forwarder },
      onError,
    });
    const listening = await listenOnLoopback(frontDoor, port);

    // From here on nothing fails any more: a start that fails has started no task, and ends none.
    endpoints.start();
    ecs?.start();
    running.defer(async () => {
      if (ecs === undefined) return;
      const { live } = ecs;
      await sayWhileWaiting(ecs.stop(), () => waitingFor(live()), say);
      ecs.detach();
    });
    running.defer(() => listening.close());
    return { origin, ports, stop: () => running.disposeAsync() };
  } catch (error) {
    isGivenUp = true;
    await running.disposeAsync();
    throw error;
  }
}

/** The catalog's one function with this kind of trigger. */
function functionOf(kind: Trigger['kind']): string {
  const entry = catalog.find(({ trigger }) => trigger.kind === kind);
  if (entry === undefined) throw new Error(`The catalog has no function with the trigger ${kind}`);
  return entry.name;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    if (!(isSystemError(error) && error.code === 'EADDRINUSE')) throw error;
    throw new Error(
      `Another program has port ${port}, which the endpoints are kept at (ports.json of the data folder). End that program.`,
    );
  });
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
