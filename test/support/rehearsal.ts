import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeStateMachineCommand, type SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { catalog, type FunctionEntry } from '../../functions/catalog.ts';
import { createEcs, type Ecs } from '../../local/ecs/endpoint.ts';
import { createEndpoints } from '../../local/endpoints.ts';
import { awsEnvironment, platformEnvironment } from '../../local/environment.ts';
import { destinationOf } from '../../local/front-door/destination.ts';
import { gateway } from '../../local/gateway/gateway.ts';
import { localRoutes } from '../../local/gateway/local-routes.ts';
import { openHome } from '../../local/home.ts';
import type { Invocation } from '../../local/lambda/host.ts';
import { names } from '../../local/names.ts';
import { keptPorts } from '../../local/ports.ts';
import { keepPlatformSecret, makeResources } from '../../local/resources.ts';
import { createS3 } from '../../local/s3/endpoint.ts';
import { list } from '../../local/s3/listing.ts';
import { openStore } from '../../local/s3/store.ts';
import { openSecretStore } from '../../local/secrets/store.ts';
import { readSecret } from '../../local/secrets/value.ts';
import { dynamodbFile } from '../../local/servers/dynoxide.ts';
import { startDynamodb } from './dynamodb.ts';
import { present } from './files.ts';
import { machines, type Owner, ownerOf } from './owner.ts';
import { standInImage } from './stand-in.ts';

/** MiB that the rehearsal's machine has, whatever this one does: no room for a worker of the largest size. */
const MEMORY = 15_000;
const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The whole control plane on the local cloud, its grants in force, with a stand-in for Airflow and its database: a
 * create takes a second or two. `stand-in.sh` says how it is made to fail. With `twice` the workflows run each step
 * twice, as after a crash between a step and its journal.
 */
export interface Rehearsal extends Omit<Owner, 'workflows' | 'destroy'> {
  readonly url: string;
  readonly folder: string;
  operatorToken(): string;
  /** What was done to databases, `create airflow_<id>`, in order. */
  databases(): string[];
  /** Whether the cell's database server answers from now on. */
  setDatabaseUp(isUp: boolean): void;
  /** Whether components can start from now on; those that run do not care. */
  setComponentsUp(isUp: boolean): void;
  /** Whether schedulers of size SMALL end from now on, those that run too. */
  setSmallStarving(isStarving: boolean): void;
  /** Has all of this runtime version's image end at its start from now on. */
  breakImage(runtimeVersion: string): void;
  /** Whether components that are told to stop stay from now on, for as long as ECS lets them. */
  setComponentsStaying(areStaying: boolean): void;
  /** Has every deployment's Airflow answer so from now on; until then there is none behind the front door. */
  setAirflow(answers: RequestListener): void;
  /** Shifts the platform's clock, which runs the clock's function once. */
  advanceClock(seconds: number): Promise<void>;
  /** Calls a function past its trigger, as an execution that was thought dead or a late event would. */
  invoke(functionName: string, event: object): Promise<Invocation>;
  /** Has the task that makes a deployment's database hang from now on, or go on. */
  setDatabaseTaskHanging(isHanging: boolean): void;
  /** The secrets' names in Secrets Manager. */
  secrets(): string[];
  /** The keys of all objects that begin so, in S3. */
  objects(prefix: string): string[];
  stop(): Promise<void>;
}

export interface RehearsalOptions {
  readonly twice?: boolean;
  /** The functions with their grants; the catalog's unless told. */
  readonly functions?: readonly FunctionEntry[];
}

export async function startRehearsal(options: RehearsalOptions = {}): Promise<Rehearsal> {
  const { twice = false, functions = catalog } = options;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'windsock-rehearsal-')));
  const home = openHome(folder);
  const image = standInImage(folder);
  const brokenImage = { ...image, environment: { ...image.environment, STAND_IN_BROKEN: 'yes' } };
  const broken = new Set<string>();
  const onError = (message: string, error: unknown) => console.error(message, error);

  const file = dynamodbFile(home);
  const dynamodb = await startDynamodb({ file });
  const secretStore = openSecretStore(join(home.state, 'secrets.db'), join(home.keys, 'secrets'));
  const platform = keepPlatformSecret(secretStore, home);
  const databaseSecret = secretStore.create('windsock/database', '', 'cell-password', undefined);
  const brokerSecret = secretStore.create('windsock/broker', '', 'cell-password', undefined);
  let allows: Parameters<typeof createS3>[0]['allows'] = () => false;
  const objects = openStore({ objects: home.objects, index: join(home.state, 's3.db'), now: Date.now });
  const s3 = createS3({ store: objects, allows: (...call) => allows(...call), secret: 'local', onError });
  const front = createServer();
  const ports = { ...(await keptPorts(home)), dynamodb: Number(new URL(dynamodb.endpoint).port) };
  s3.listen(ports.s3, '127.0.0.1');
  front.listen(0, '127.0.0.1');
  await Promise.all([once(s3, 'listening'), once(front, 'listening')]);
  const { port } = z.object({ port: z.number() }).parse(front.address());
  const url = `http://localhost:${port}`;
  const aws = awsEnvironment(ports);
  let ecs: Ecs | undefined;
  const endpoints = createEndpoints({
    folders: { state: home.state, logs: home.logs, keys: home.keys, cache: join(folder, 'cache') },
    root: ROOT,
    functions,
    environment: {
      ...aws,
      ...platformEnvironment({
        ports,
        publicUrl: url,
        platformSecretArn: platform.arn,
        databaseSecretArn: databaseSecret.arn,
        brokerSecretArn: brokerSecret.arn,
        frontDoorKeys: { keys: [] },
      }),
      RATE_LIMIT_FACTOR: '1000',
    },
    names,
    dynamodbPort: ports.dynamodb,
    dynamodbFile: file,
    services: (secrets, _clock, grants) => {
      ecs = createEcs({
        statePath: join(home.state, 'ecs.db'),
        tasksFolder: home.tasks,
        logsFolder: home.logs,
        routesFile: join(home.state, 'routes.json'),
        python: process.env.WINDSOCK_PYTHON ?? 'python3',
        environment: aws,
        agentUrl: aws.AWS_ENDPOINT_URL_ECS,
        allows: grants,
        memory: MEMORY,
        resolveImage: async (name) => (broken.has(name.split(':').at(-1) ?? '') ? brokenImage : image),
        readSecret: async (valueFrom) => readSecret(secrets, valueFrom),
        onEvent: () => undefined,
        onError,
      });
      return [ecs];
    },
    onError,
  });
  allows = endpoints.allows;
  endpoints.server.listen(ports.endpoints, '127.0.0.1');
  await once(endpoints.server, 'listening');
  await makeResources(ports, ROOT, 'step');
  const { workflows, destroy, ...owner } = ownerOf(folder);
  if (twice) for (const stateMachineArn of machines) await repeatSteps(workflows, stateMachineArn);
  endpoints.start();
  ecs?.start();
  const api = gateway({ host: endpoints.host, functionName: 'api', clock: endpoints.clock, onError });
  const local = localRoutes(endpoints);
  let airflow: RequestListener | undefined;
  front.on('request', (request, response) => {
    const { kind } = destinationOf(request.url ?? '/');
    if (kind === 'airflow' && airflow !== undefined) return airflow(request, response);
    return void (kind === 'local' ? local : api)(request, response);
  });
  const databasesFile = join(folder, 'databases');
  const downFile = join(folder, 'database-down');

  return {
    ...owner,
    url,
    folder,
    operatorToken: () => readFileSync(home.operatorToken, 'utf8').trim(),
    databases: () =>
      existsSync(databasesFile) ? readFileSync(databasesFile, 'utf8').trim().split('\n') : [],
    setDatabaseUp: (isUp) => present(downFile, !isUp),
    setComponentsUp: (isUp) => present(join(folder, 'components-down'), !isUp),
    setSmallStarving: (isStarving) => present(join(folder, 'small-starves'), isStarving),
    breakImage: (runtimeVersion) => void broken.add(runtimeVersion),
    setComponentsStaying: (areStaying) => present(join(folder, 'components-stay'), areStaying),
    setAirflow(answers) {
      airflow = answers;
    },
    async advanceClock(advanceSeconds) {
      const body = JSON.stringify({ advanceSeconds });
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${url}/_local/clock`, { method: 'POST', headers, body });
      if (status !== 200) throw new Error(`The clock answered ${status}`);
    },
    invoke: (functionName, event) => endpoints.host.invoke(functionName, JSON.stringify(event)),
    setDatabaseTaskHanging: (isHanging) => present(join(folder, 'database-hangs'), isHanging),
    secrets: () => endpoints.secrets.list().map(({ name }) => name),
    objects(prefix) {
      const request = { prefix, delimiter: '', after: '', limit: 10_000 };
      const { contents } = list(request, (from, after) => objects.index.next(names.bucket, from, after));
      return contents.map(({ key }) => key);
    },
    async stop() {
      front.closeAllConnections();
      front.close();
      await ecs?.stop();
      ecs?.detach();
      endpoints.server.closeAllConnections();
      endpoints.server.close();
      await endpoints.stop();
      s3.closeAllConnections();
      s3.close();
      secretStore.close();
      destroy();
      await dynamodb.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const Definition = z.looseObject({
  States: z.record(z.string(), z.looseObject({ Type: z.string() })),
});

/** Has every step of a state machine run once more before it counts. */
async function repeatSteps(workflows: SFNClient, stateMachineArn: string): Promise<void> {
  const { definition = '' } = await workflows.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const machine = Definition.parse(JSON.parse(definition));
  const States = Object.fromEntries(
    Object.entries(machine.States).flatMap(([name, state]) => {
      if (state.Type !== 'Task') return [[name, state]];
      const { End, ...first } = state;
      return [
        [name, { ...first, ResultPath: null, Next: `${name} again` }],
        [`${name} again`, state],
      ];
    }),
  );
  await workflows.send(
    new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify({ ...machine, States }) }),
  );
}
