import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { RevisionView } from '../../core/revision/view.ts';
import { readIfThere } from '../../local/files.ts';
import { ask } from '../support/changing.ts';
import type { Tenant } from '../support/client.ts';
import { deploy, deployed } from '../support/deploy.ts';
import {
  alphaOf,
  createDeployment,
  type Deployment,
  healthy,
  pathOf,
  remove,
} from '../support/deployment.ts';
import { PATIENCE } from '../support/patience.ts';
import { type Platform, until } from '../support/platform.ts';
import { queryPostgres } from '../support/postgres.ts';
import { killProcess, mainProcesses } from '../support/processes.ts';
import { startUnlimited } from '../support/unlimited.ts';

/** How long the changes are made, one after another and again, while the DAG runs; each of them once at least. */
const MINUTES = Number(process.env.CHANGE_MINUTES ?? 10);

/**
 * A run every eight seconds, of a task that is longer than a worker takes to see that it is to go, and one after it.
 * Each writes down when it starts and ends, on which code, with which variable, on workers of which generation.
 */
const recorder = (code: string, schedule = 'timedelta(seconds=8)') => `
import json, os, time
from datetime import timedelta
from airflow.sdk import dag, get_current_context, task

def note(event):
    ti = get_current_context()["ti"]
    line = json.dumps({
        "run": ti.run_id, "task": ti.task_id, "attempt": ti.try_number, "event": event, "code": "${code}",
        "variable": os.environ.get("CHANGED", ""), "generation": os.environ["WINDSOCK_WORKER_GENERATION"],
    })
    with open(os.environ["RECORDS"], "a") as file:
        file.write(line + "\\n")

@dag(schedule=${schedule}, catchup=False, max_active_runs=20, is_paused_upon_creation=False)
def recorder():
    @task
    def long():
        note("start")
        time.sleep(20)
        note("end")

    @task
    def after():
        note("start")
        note("end")

    long() >> after()

recorder()
`;

const Record = z.object({
  run: z.string(),
  task: z.string(),
  attempt: z.int(),
  event: z.enum(['start', 'end']),
  code: z.string(),
  variable: z.string(),
  generation: z.string(),
});

const Queues = z.object({
  workerQueues: z.array(z.looseObject({ name: z.string(), podCpu: z.string(), podMemory: z.string() })),
});

let folder: string;
let platform: Platform;
let tenant: Tenant;
let deployment: Deployment;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windsock-records-'));
  ({ platform, tenant } = await startUnlimited());
  await createDeployment(tenant, { name: 'busy', environmentVariables: [variable('RECORDS', records())] });
  deployment = await healthy(tenant, 'busy');
  expect(await deploys(recorder('first'))).toBe('DEPLOYED');
});
afterAll(async () => {
  await platform?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

test(
  `${MINUTES} minutes of changes of everything lose no task, repeat none, and mix neither code nor variables`,
  async () => {
    const rotation = changes((await healthy(tenant, 'busy')).runningRevision);
    await until(async () => written().length > 0, { seconds: 120, what: () => 'the first task to start' });
    const end = performance.now() + MINUTES * 60_000;
    for (let count = 0; count < rotation.length || performance.now() < end; count += 1) {
      await rotation[count % rotation.length]?.(1 + Math.floor(count / rotation.length));
    }
    expect(await deploys(recorder('last', 'None'))).toBe('DEPLOYED');
    await atRest();
    const all = written();
    const revisions = await ran();
    const attempts = Map.groupBy(all, ({ run, task }) => `${run} ${task}`);
    for (const [task, events] of attempts) {
      // What waits while the executor changes is queued again, as its next try; no task has retries of its own.
      const [started, ended] = events;
      expect(
        events.map(({ event }) => event),
        task,
      ).toEqual(['start', 'end']);
      expect(ended, task).toEqual({ ...started, event: 'end' });
    }
    for (const { task, run, generation, variable } of all) {
      expect(variable, `${run} ${task}`).toBe(revisions.get(generation)?.variable);
    }
    for (const [run, events] of Map.groupBy(all, (record) => record.run)) {
      expect(new Set(events.map(({ task }) => task)), run).toEqual(new Set(['long', 'after']));
      expect(new Set(events.map(({ code }) => code)).size, run).toBe(1);
    }
    expect(states()).toEqual(['success']);
    expect(new Set(all.map(({ code }) => code)).size).toBeGreaterThan(1);
    const generations = new Set(all.map(({ generation }) => generation));
    expect(generations.size).toBeGreaterThan(2);
    const executors = Map.groupBy(generations, (generation) => revisions.get(generation)?.executor);
    expect([...executors.keys()].toSorted()).toEqual(['ASTRO', 'CELERY']);
    expect(workers().length).toBeGreaterThanOrEqual(executors.get('ASTRO')?.length ?? 0);
    await remove(tenant, deployment);
  },
  (MINUTES + 25) * 60_000 * PATIENCE,
);

/**
 * A change of every kind, in their order, and back to where they began, to this revision; each is told the number of
 * its round. Only one asks for much memory at a time.
 */
function changes(first: unknown): readonly ((round: number) => Promise<void>)[] {
  const busy = { workerConcurrency: 10, minWorkerCount: 1 };
  return [
    (round) => change({ environmentVariables: [keeping('RECORDS'), variable('CHANGED', `round ${round}`)] }),
    async (round) => expect(await deploys(recorder(`round ${round}`))).toBe('DEPLOYED'),
    () => change({ schedulerSize: 'MEDIUM' }),
    () => change({ workerQueues: [queue({ ...busy, minWorkerCount: 2 })] }),
    killApiServer,
    () => change({ workerQueues: [queue(busy)] }),
    () => change({ schedulerSize: 'SMALL' }),
    () => change({ isHighAvailability: true }),
    () => change({ isHighAvailability: false }),
    () => change({ astroRuntimeVersion: '3.3-1' }),
    () => change({ executor: 'CELERY' }),
    () => change({ workerQueues: [queue(busy), { ...queue(busy), name: 'more', isDefault: false }] }),
    rename,
    () => change({ workerQueues: [queue(busy)] }),
    () => change({ executor: 'ASTRO' }),
    failingChange,
    () => rollBack(first),
  ];
}

function records(): string {
  return join(folder, 'records');
}

function written(): z.infer<typeof Record>[] {
  const lines = (readIfThere(records()) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => Record.parse(JSON.parse(line)));
}

function variable(key: string, value: string) {
  return { key, value, isSecret: false };
}

/** A variable that keeps its value. */
function keeping(key: string) {
  return { key, isSecret: false };
}

function queue(counts: { readonly workerConcurrency: number; readonly minWorkerCount: number }) {
  return { name: 'default', isDefault: true, astroMachine: 'A5', maxWorkerCount: 5, ...counts };
}

/** Waits until it has been started again: meanwhile running tasks, workers and the scheduler do without it. */
async function killApiServer(): Promise<void> {
  const killed = mainProcesses(platform.home)['api-server'];
  if (killed === undefined) throw new Error('There is no api-server to kill');
  const version = `/${deployment.namespace}/api/v2/version`;
  killProcess(killed);
  await until(async () => (await tenant.client.get(version)).status === 200, {
    seconds: 60,
    what: () => 'the api-server to answer again',
  });
}

async function deploys(code: string): Promise<string> {
  const id = await deploy(tenant, deployment.id, { 'recorder.py': code });
  return await deployed(tenant, deployment.id, id);
}

async function change(request: object): Promise<void> {
  await ask(tenant, pathOf(tenant, deployment), request);
  await settled();
}

async function rollBack(revision: unknown): Promise<void> {
  await ask(tenant, `${alphaOf(tenant, deployment)}/revisions/${revision}/rollback`, {});
  await settled();
}

/** Gives the queue `more` another name. */
async function rename(): Promise<void> {
  const { workerQueues } = Queues.parse(await healthy(tenant, 'busy'));
  await change({
    workerQueues: workerQueues.map(({ podCpu: _, podMemory: __, ...asked }) =>
      asked.name === 'more' ? { ...asked, name: 'other' } : asked,
    ),
  });
}

/** Asks for what no Airflow starts with, and for other variables with it; waits until that is put back. */
async function failingChange(): Promise<void> {
  const broken = [variable('AIRFLOW__CORE__PARALLELISM', 'many'), variable('CHANGED', 'never')];
  await ask(tenant, pathOf(tenant, deployment), { environmentVariables: [keeping('RECORDS'), ...broken] });
  expect((await healthy(tenant, 'busy')).statusReason).toMatch(/parallelism/i);
}

/** What each revision, by its number, has its workers see, and which executor they work for. */
async function ran(): Promise<Map<string, { variable: string; executor: string }>> {
  const { body } = await tenant.client.get(`${alphaOf(tenant, deployment)}/revisions?limit=1000`);
  const { revisions } = z.object({ revisions: z.array(RevisionView) }).parse(body);
  return new Map(
    revisions.map(({ number, spec: { environmentVariables, executor } }) => {
      const changed = environmentVariables.find(({ key }) => key === 'CHANGED');
      return [String(number), { variable: changed?.value ?? '', executor }];
    }),
  );
}

/** Waits until the change is made, and made well. */
async function settled(): Promise<void> {
  const { statusReason } = await healthy(tenant, 'busy');
  expect(statusReason).toBeUndefined();
}

async function atRest(): Promise<void> {
  const open = "SELECT count(*) FROM dag_run WHERE state IN ('queued', 'running')";
  await until(async () => queryPostgres(platform.home, open, database())[0] === '0', {
    seconds: 300,
    what: () => `all runs to end; open are ${openTasks().join('; ')}`,
  });
}

/** What has not ended: the runs, and their tasks that began. */
function openTasks(): string[] {
  const open = `
    SELECT run.run_id, run.state, task.task_id, task.state, task.try_number, task.queued_dttm, task.start_date, task.hostname
    FROM dag_run run LEFT JOIN task_instance task ON task.run_id = run.run_id AND task.state IS NOT NULL
    WHERE run.state IN ('queued', 'running') ORDER BY run.run_id`;
  return queryPostgres(platform.home, open, database());
}

/** The workers that Airflow has known, by their names. */
function workers(): string[] {
  return queryPostgres(platform.home, 'SELECT worker_name FROM edge_worker', database());
}

/** The states that tasks are in. */
function states(): string[] {
  return queryPostgres(platform.home, 'SELECT DISTINCT state FROM task_instance', database());
}

function database(): string {
  return `airflow_${deployment.id}`;
}
