import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openHome } from '../../local/home.ts';
import { prepare, RUNTIME_IMAGE } from '../../local/setup/prepare.ts';
import { run } from '../../local/setup/run.ts';
import { preparedFolder } from '../../test/support/installation.ts';
import { until } from '../../test/support/platform.ts';
import { type Airflow, airflowAt, PROBE_MS } from './airflow.ts';
import { type Group, startGroup } from './group.ts';
import { freePort, repository } from './platform.ts';
import { say } from './table.ts';

type Command = readonly string[];

export interface BareAirflowOptions {
  /** The folder of DAG files. */
  readonly dags: string;
  /** Commands of `airflow` that end before the others begin. */
  readonly first?: readonly Command[];
  /** Commands of `airflow` that run until it is stopped. */
  readonly commands: readonly Command[];
  /** Beside Airflow's own defaults, which it has but for its folder, its ports and its examples (none). */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Airflow by itself, of the same Python environment that deployments run. */
export interface BareAirflow {
  readonly airflow: Airflow;
  /** The root of its REST API. */
  readonly root: string;
  /** Stops the commands that begin with these words, starts them again, and waits until all is healthy. */
  restart(components: readonly string[]): Promise<void>;
  /** The last that each command has printed; throws when one of them has ended. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts it and waits until it says that it is healthy. */
export async function startBareAirflow(options: BareAirflowOptions): Promise<BareAirflow> {
  const folder = await mkdtemp(join(tmpdir(), 'windsock-bare-airflow-'));
  const { images } = await prepare(openHome(preparedFolder), repository, say);
  const { binPath } = images.resolve(RUNTIME_IMAGE);
  const origin = `http://localhost:${await freePort()}`;
  const env = await environmentOf(options, binPath, folder, origin);
  const program = join(binPath, 'airflow');
  const groups = new Map<Command, Group>();
  const start = (command: Command) => groups.set(command, startGroup(program, command, { env }));
  const stop = async () => {
    await Promise.all([...groups.values()].map((group) => group.interrupt()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const command of options.first ?? []) await run(program, command, env);
    for (const command of options.commands) start(command);
    const root = `${origin}/api/v2`;
    const airflow = airflowAt(root, await tokenOf(origin));
    const output = () => {
      const all = [...groups.values()];
      if (all.some((group) => group.hasEnded())) throw new Error(`A command ended:\n${outputOf(all)}`);
      return outputOf(all);
    };
    const becomesHealthy = () =>
      until(
        async () => {
          output();
          return await airflow.isHealthy();
        },
        { seconds: 300, what: () => `Airflow by itself to be healthy\n${output()}`, every: PROBE_MS },
      );
    await becomesHealthy();
    return {
      airflow,
      root,
      async restart(components) {
        const chosen = options.commands.filter(([component = '']) => components.includes(component));
        const interrupt = (commands: readonly Command[]) =>
          Promise.all(commands.map((command) => groups.get(command)?.interrupt()));
        // A worker signs off at the API server; one that could not is refused when it comes back.
        await interrupt(chosen.filter(isWorker));
        await interrupt(chosen.filter((command) => !isWorker(command)));
        for (const command of chosen) start(command);
        await becomesHealthy();
      },
      output,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isWorker = ([component]: Command) => component === 'edge';

async function environmentOf(
  { dags, settings = {} }: BareAirflowOptions,
  binPath: string,
  folder: string,
  origin: string,
): Promise<Record<string, string>> {
  return {
    PATH: `${binPath}:${process.env.PATH}`,
    AIRFLOW_HOME: folder,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: 'True',
    AIRFLOW__API__PORT: new URL(origin).port,
    AIRFLOW__API__BASE_URL: origin,
    AIRFLOW__EDGE__API_URL: `${origin}/edge_worker/v1/rpcapi`,
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(await freePort()),
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(await freePort()),
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH: join(folder, 'bundles'),
    ...settings,
  };
}

/** Waits for the API server and takes the token that it gives to everybody. */
async function tokenOf(origin: string): Promise<string> {
  let token = '';
  await until(
    async () => {
      const response = await fetch(`${origin}/auth/token`).catch(() => undefined);
      if (response?.status !== 201) return false;
      token = z.object({ access_token: z.string() }).parse(await response.json()).access_token;
      return true;
    },
    { seconds: 300, what: () => `a token of ${origin}`, every: PROBE_MS },
  );
  return token;
}

/** The last lines of each command. */
function outputOf(groups: readonly Group[]): string {
  return groups.map((group) => group.output().slice(-2_000)).join('\n');
}
