import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openState } from '../endpoint/state.ts';
import { type Service, service, type Task, type TaskDefinition, task, taskDefinition } from './documents.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS cluster (name TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS family (name TEXT PRIMARY KEY, last_revision INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS task_definition (arn TEXT PRIMARY KEY, family TEXT NOT NULL, revision INTEGER NOT NULL,
    status TEXT NOT NULL, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS service (arn TEXT PRIMARY KEY, cluster TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (cluster, name));
  CREATE TABLE IF NOT EXISTS task (arn TEXT PRIMARY KEY, cluster TEXT NOT NULL, status TEXT NOT NULL,
    client_token TEXT, document TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS task_by_status ON task (status);
  CREATE INDEX IF NOT EXISTS task_by_client_token ON task (cluster, client_token);
`;

const row = z.object({ document: z.string() });

/** The state of ECS in SQLite. It decides nothing; its callers hold the transactions. */
export class Store {
  readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = openState(path, SCHEMA);
  }

  close(): void {
    this.database.close();
  }

  clusters(): string[] {
    const rows = z.array(z.object({ name: z.string() }));
    return rows
      .parse(this.database.prepare('SELECT name FROM cluster ORDER BY name').all())
      .map((r) => r.name);
  }

  putCluster(name: string): void {
    this.database.prepare('INSERT OR IGNORE INTO cluster (name) VALUES (?)').run(name);
  }

  /** The number of a family's next revision; numbers are never given twice. */
  nextRevision(family: string): number {
    const next = this.database
      .prepare(
        `INSERT INTO family (name, last_revision) VALUES (?, 1)
         ON CONFLICT (name) DO UPDATE SET last_revision = last_revision + 1 RETURNING last_revision`,
      )
      .get(family);
    return z.object({ last_revision: z.int() }).parse(next).last_revision;
  }

  putTaskDefinition(document: TaskDefinition): void {
    this.database
      .prepare('INSERT OR REPLACE INTO task_definition VALUES (?, ?, ?, ?, ?)')
      .run(
        document.taskDefinitionArn,
        document.family,
        document.revision,
        document.status,
        JSON.stringify(document),
      );
  }

  taskDefinition(arn: string): TaskDefinition | undefined {
    return this.#one(taskDefinition, 'task_definition WHERE arn = ?', arn);
  }

  /** The newest ACTIVE revision of a family. */
  latestTaskDefinition(family: string): TaskDefinition | undefined {
    const where = "task_definition WHERE family = ? AND status = 'ACTIVE' ORDER BY revision DESC LIMIT 1";
    return this.#one(taskDefinition, where, family);
  }

  taskDefinitions(status: TaskDefinition['status']): TaskDefinition[] {
    return this.#all(taskDefinition, 'task_definition WHERE status = ? ORDER BY family, revision', status);
  }

  deleteTaskDefinition(arn: string): void {
    this.database.prepare('DELETE FROM task_definition WHERE arn = ?').run(arn);
  }

  putService(document: Service): void {
    this.database
      .prepare('INSERT OR REPLACE INTO service VALUES (?, ?, ?, ?, ?)')
      .run(
        document.serviceArn,
        document.cluster,
        document.serviceName,
        document.status,
        JSON.stringify(document),
      );
  }

  service(cluster: string, name: string): Service | undefined {
    return this.#one(service, 'service WHERE cluster = ? AND name = ?', cluster, name);
  }

  services(): Service[] {
    return this.#all(service, 'service ORDER BY name');
  }

  deleteService(arn: string): void {
    this.database.prepare('DELETE FROM service WHERE arn = ?').run(arn);
  }

  putTask(document: Task): void {
    this.database
      .prepare('INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?)')
      .run(
        document.taskArn,
        document.cluster,
        document.lastStatus,
        document.clientToken ?? null,
        JSON.stringify(document),
      );
  }

  task(arn: string): Task | undefined {
    return this.#one(task, 'task WHERE arn = ?', arn);
  }

  tasks(cluster: string): Task[] {
    return this.#all(task, 'task WHERE cluster = ?', cluster);
  }

  /** The tasks that have not ended. */
  liveTasks(): Task[] {
    return this.#all(task, "task WHERE status <> 'STOPPED'");
  }

  stoppedTasks(): Task[] {
    return this.#all(task, "task WHERE status = 'STOPPED'");
  }

  tasksByClientToken(cluster: string, clientToken: string): Task[] {
    return this.#all(task, 'task WHERE cluster = ? AND client_token = ?', cluster, clientToken);
  }

  deleteTask(arn: string): void {
    this.database.prepare('DELETE FROM task WHERE arn = ?').run(arn);
  }

  #one<T>(schema: z.ZodType<T>, from: string, ...values: string[]): T | undefined {
    return this.#all(schema, from, ...values)[0];
  }

  #all<T>(schema: z.ZodType<T>, from: string, ...values: string[]): T[] {
    const rows = this.database.prepare(`SELECT document FROM ${from}`).all(...values);
    return z
      .array(row)
      .parse(rows)
      .map(({ document }) => schema.parse(JSON.parse(document)));
  }
}
