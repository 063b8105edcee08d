import { z } from 'zod';
import { createClient } from '../../test/support/client.ts';
import { until } from '../../test/support/platform.ts';

const Dag = z.object({ tags: z.array(z.object({ name: z.string() })) });
const Run = z.object({ dag_run_id: z.string(), state: z.string() });
const Count = z.object({ total_entries: z.int() });
const Part = z.object({ status: z.string().nullable() });
const Health = z.object({ metadatabase: Part, scheduler: Part, triggerer: Part, dag_processor: Part });

/** How often a state is asked for, in milliseconds, on whichever side is measured. */
export const PROBE_MS = 100;
const PATIENCE_SECONDS = 600;

/** Airflow's REST API: a deployment's behind the front door, or one that runs by itself. */
export interface Airflow {
  /** Whether its database, scheduler, triggerer and dag-processor are healthy by its own word. */
  isHealthy(): Promise<boolean>;
  /** Waits until it lists the DAG, with this tag if one is named. */
  lists(dagId: string, tag?: string): Promise<void>;
  /** Waits until it lists this many DAGs. */
  listsDags(count: number): Promise<void>;
  /** Starts a run and answers its id. */
  trigger(dagId: string): Promise<string>;
  /** Waits until a run has succeeded; throws when it failed. */
  succeeds(dagId: string, runId: string): Promise<void>;
  /** Waits until this many runs of any DAG have succeeded. */
  hasRuns(count: number): Promise<void>;
}

/** The API at `root`, such as `http://localhost:8080/api/v2`; a Bearer token is asked for when there is none. */
export function airflowAt(root: string, token: string): Airflow {
  const client = createClient(root, token);
  const found = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const { status, body } = await client.get(path);
    return status === 200 ? schema.parse(body) : undefined;
  };
  const wait = (what: string, probe: () => Promise<boolean>) =>
    until(probe, { seconds: PATIENCE_SECONDS, what: () => what, every: PROBE_MS });
  const count = async (path: string) => (await found(path, Count))?.total_entries ?? 0;
  return {
    async isHealthy() {
      const health = await found('/monitor/health', Health);
      return health !== undefined && Object.values(health).every(({ status }) => status === 'healthy');
    },
    lists: (dagId, tag) =>
      wait(`DAG ${dagId}`, async () => {
        const dag = await found(`/dags/${dagId}`, Dag);
        return dag !== undefined && (tag === undefined || dag.tags.some(({ name }) => name === tag));
      }),
    listsDags: (dags) => wait(`${dags} DAGs`, async () => (await count('/dags?limit=1')) >= dags),
    async trigger(dagId) {
      const { status, body } = await client.post(`/dags/${dagId}/dagRuns`, { logical_date: null });
      if (status !== 200) throw new Error(`Triggering ${dagId} answered ${status}: ${JSON.stringify(body)}`);
      return Run.parse(body).dag_run_id;
    },
    succeeds: (dagId, runId) =>
      wait(`run ${runId}`, async () => {
        const run = await found(`/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`, Run);
        if (run?.state === 'failed') throw new Error(`The run ${runId} of ${dagId} failed`);
        return run?.state === 'success';
      }),
    hasRuns: (runs) =>
      wait(`${runs} runs`, async () => {
        if ((await count('/dags/~/dagRuns?limit=1&state=failed')) > 0) throw new Error('A run failed');
        return (await count('/dags/~/dagRuns?limit=1&state=success')) >= runs;
      }),
  };
}
