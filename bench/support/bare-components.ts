import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portsSchema } from '../../local/ports.ts';
import { POSTGRES_SUPERUSER } from '../../local/servers/postgres.ts';
import { queryPostgres } from '../../test/support/postgres.ts';
import { type BareAirflow, startBareAirflow } from './bare-airflow.ts';
import type { Platform } from './platform.ts';

/** The database of Airflow by itself, in the platform's Postgres. */
export const BARE_DATABASE = 'airflow_by_itself';

/**
 * Airflow by itself with the components of a deployment, the same executor, the same Postgres and its own defaults.
 * `concurrency` is how many tasks its worker runs at once; `settings` are variables of its environment besides. `stop`
 * drops its database, too.
 */
export async function startBareComponents(
  platform: Platform,
  {
    dags,
    concurrency,
    settings = {},
  }: { dags: string; concurrency: number; settings?: Readonly<Record<string, string>> },
): Promise<BareAirflow> {
  queryPostgres(platform.home, `CREATE DATABASE ${BARE_DATABASE}`);
  const drop = () => queryPostgres(platform.home, `DROP DATABASE IF EXISTS ${BARE_DATABASE} WITH (FORCE)`);
  try {
    const bare = await startBareAirflow({
      dags,
      first: [['db', 'migrate']],
      commands: [
        ['api-server'],
        ['scheduler'],
        ['dag-processor'],
        ['triggerer'],
        ['edge', 'worker', '--concurrency', String(concurrency)],
      ],
      settings: {
        AIRFLOW__CORE__EXECUTOR: 'airflow.providers.edge3.executors.EdgeExecutor',
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: await databaseUrl(platform),
        AIRFLOW__EDGE__API_ENABLED: 'True',
        AIRFLOW__API_AUTH__JWT_SECRET: 'of the benchmark alone, for the minutes that it takes',
        ...settings,
      },
    });
    return {
      ...bare,
      async stop() {
        await bare.stop();
        drop();
      },
    };
  } catch (error) {
    drop();
    throw error;
  }
}

async function databaseUrl({ home }: Platform): Promise<string> {
  const read = (...path: string[]) => readFile(join(home, ...path), 'utf8');
  const { postgres } = portsSchema.parse(JSON.parse(await read('ports.json')));
  const password = encodeURIComponent(await read('keys', 'postgres-password'));
  return `postgresql+psycopg2://${POSTGRES_SUPERUSER}:${password}@127.0.0.1:${postgres}/${BARE_DATABASE}`;
}
