import { z } from 'zod';
import type { Tenant } from './client.ts';
import type { Deployment } from './deployment.ts';
import { until } from './platform.ts';

const Run = z.object({ dag_run_id: z.string(), state: z.string() });
const TaskInstance = z.object({
  task_id: z.string(),
  map_index: z.int(),
  state: z.string().nullable(),
  try_number: z.int(),
});
export type TaskInstance = z.infer<typeof TaskInstance>;

/** A real run takes seconds; a machine that does ten other things takes its time. */
const PATIENCE_SECONDS = 180;

/** A deployment's own Airflow API, behind the front door. */
export interface Airflow {
  /** Waits until Airflow lists the DAG. */
  listed(dagId: string): Promise<void>;
  /** Waits until Airflow lists the DAG, starts a run, and answers its id. */
  trigger(dagId: string): Promise<string>;
  /** Waits until the DAG's newest run (or the one named) has this state; answers its id. */
  ran(dagId: string, state: 'success' | 'failed' | 'running', runId?: string): Promise<string>;
  tasks(dagId: string, runId: string): Promise<TaskInstance[]>;
  /** Waits until a task of a run has this state. */
  task(dagId: string, runId: string, taskId: string, state: string): Promise<TaskInstance>;
  /** What a task returned. */
  returned(dagId: string, runId: string, taskId: string): Promise<unknown>;
  taskLog(dagId: string, runId: string, taskId: string): Promise<string>;
  importErrors(): Promise<{ filename: string; stack_trace: string }[]>;
  setVariable(key: string, value: string): Promise<void>;
  /** Nothing happens when there is none. */
  deleteVariable(key: string): Promise<void>;
  setConnection(id: string, password: string): Promise<void>;
}

export function airflowOf(tenant: Tenant, deployment: Deployment): Airflow {
  const root = `/${deployment.namespace}/api/v2`;
  const { client } = tenant;

  /** While the api-server starts again, the front door answers 502 or 503. */
  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    let answer = await client.get(`${root}${path}`);
    await until(
      async () => {
        if (![502, 503].includes(answer.status)) return true;
        answer = await client.get(`${root}${path}`);
        return false;
      },
      { seconds: 60, what: () => `GET ${path} to be answered; it was ${answer.status}` },
    );
    const { status, body } = answer;
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return schema.parse(body);
  }
  async function create(path: string, what: unknown): Promise<void> {
    const { status, body } = await client.post(`${root}${path}`, what);
    if (status !== 201) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(body)}`);
  }
  const isThere = async (path: string) => (await client.get(`${root}${path}`)).status === 200;
  const runs = (dagId: string, runId: string) => `/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`;
  const tasks = async (dagId: string, runId: string) => {
    const path = `${runs(dagId, runId)}/taskInstances`;
    return (await get(path, z.object({ task_instances: z.array(TaskInstance) }))).task_instances;
  };

  const listed = (dagId: string) =>
    until(() => isThere(`/dags/${dagId}`), { seconds: PATIENCE_SECONDS, what: () => `DAG ${dagId}` });

  return {
    listed,
    tasks,
    async trigger(dagId) {
      await listed(dagId);
      const { status, body } = await client.post(`${root}/dags/${dagId}/dagRuns`, { logical_date: null });
      if (status !== 200) throw new Error(`Triggering answered ${status}: ${JSON.stringify(body)}`);
      return Run.parse(body).dag_run_id;
    },
    async ran(dagId, state, runId) {
      let last: z.infer<typeof Run> | undefined;
      await until(
        async () => {
          const path = `${root}/dags/${dagId}/dagRuns?order_by=-run_after&limit=100`;
          const { status, body } = await client.get(path);
          if (status !== 200) return false;
          const { dag_runs: found } = z.object({ dag_runs: z.array(Run) }).parse(body);
          last = runId === undefined ? found[0] : found.find(({ dag_run_id: id }) => id === runId);
          return last?.state === state;
        },
        { seconds: PATIENCE_SECONDS, what: () => `a run of ${dagId} to be ${state}; it is ${last?.state}` },
      );
      return last?.dag_run_id ?? '';
    },
    async task(dagId, runId, taskId, state) {
      let found: TaskInstance | undefined;
      await until(
        async () => {
          found = (await tasks(dagId, runId)).find(({ task_id: id }) => id === taskId);
          return found?.state === state;
        },
        { seconds: PATIENCE_SECONDS, what: () => `${dagId}.${taskId} to be ${state}; it is ${found?.state}` },
      );
      if (found === undefined) throw new Error(`${dagId} has no task ${taskId}`);
      return found;
    },
    async returned(dagId, runId, taskId) {
      const path = `${runs(dagId, runId)}/taskInstances/${taskId}/xcomEntries/return_value`;
      return (await get(path, z.object({ value: z.unknown() }))).value;
    },
    async taskLog(dagId, runId, taskId) {
      const path = `${runs(dagId, runId)}/taskInstances/${taskId}/logs/1`;
      return JSON.stringify(await get(path, z.unknown()));
    },
    importErrors: async () => {
      const errors = z.array(z.object({ filename: z.string(), stack_trace: z.string() }));
      return (await get('/importErrors', z.object({ import_errors: errors }))).import_errors;
    },
    setVariable: (key, value) => create('/variables', { key, value }),
    async deleteVariable(key) {
      const { status } = await client.delete(`${root}/variables/${key}`);
      if (status !== 204 && status !== 404) throw new Error(`Deleting ${key} answered ${status}`);
    },
    setConnection: (id, password) =>
      create('/connections', { connection_id: id, conn_type: 'http', password }),
  };
}
