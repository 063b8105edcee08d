import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { readIfThere } from '../../local/files.ts';
import { pathsUnder } from './files.ts';
import { queryPostgres } from './postgres.ts';
import { processesOf } from './processes.ts';

/**
 * What keeps speaking of a deployment after its end, as it does on AWS: executions, whose names stay taken for 90
 * days; the last numbers of task definitions' families; for an hour stopped tasks and deleted services with their
 * task definitions; the table's stream of the last day; the sign-up, which says what it gave; and the audit log.
 */
const HISTORY = [
  /^row states\.db execution /,
  /^row ecs\.db family /,
  /^row ecs\.db task STOPPED/,
  /^row ecs\.db service INACTIVE/,
  /^row ecs\.db task_definition DELETE_IN_PROGRESS/,
  /^row dynamodb\.db _stream_records /,
  /^row dynamodb\.db windsock S:signup#/,
  /^row dynamodb\.db windsock S:org#\w+ S:audit#/,
];

/**
 * Everything on the machine that names a deployment, a line each, sorted: processes of its containers, database and
 * roles, user at the broker, rows of the table and of every endpoint, files and folders. What differs from one deployment to the next
 * (ids, digests, times) is replaced, so that two of them can be compared.
 */
export function tracesOf(home: string, deploymentId: string): string[] {
  const tasks = rowsWith(home, deploymentId).flatMap(
    ({ line }) => /task\/\w+\/(\w{32})/.exec(line)?.[1] ?? [],
  );
  const mentions = (text: string) => [deploymentId, ...tasks].some((id) => text.includes(id));
  const lines = [
    ...containersOf(home)
      .filter(({ task }) => mentions(task))
      .map(({ container }) => `container ${container}`),
    ...queryPostgres(home, 'SELECT datname FROM pg_database')
      .filter(mentions)
      .map((name) => `database ${name}`),
    ...queryPostgres(home, 'SELECT rolname FROM pg_roles')
      .filter(mentions)
      .map((name) => `role ${name}`),
    ...(readIfThere(join(home, 'redis', 'users.acl')) ?? '')
      .split('\n')
      .filter(mentions)
      .map((rule) => `broker ${rule.split(' ').slice(0, 2).join(' ')}`),
    ...rowsWith(home, deploymentId).map(({ line }) => line),
    ...['objects', 'logs', 'tasks'].flatMap((folder) => filesIn(home, folder)).filter(mentions),
  ];
  return lines
    .filter((line) => !HISTORY.some((history) => history.test(line)))
    .map((line) => normalised(line, deploymentId))
    .sort();
}

/**
 * A line of them without the number of its intent, operation, revision (which names workers, too), task definition or
 * try: how many there were may be a matter of time.
 */
export function numberless(line: string): string {
  return line.replace(/(?<= S:.*#|task_definition .*:|attempt=|service .*-worker-.*-)\d+/g, '<number>');
}

/** The containers that have a shim, one each. */
function containersOf(home: string): { task: string; container: string }[] {
  return processesOf(home).flatMap(({ task, container, isShim }) =>
    isShim && task !== undefined && container !== undefined ? [{ task, container }] : [],
  );
}

/** The rows of every SQLite file that hold a text, named by their file, table, status and first columns. */
function rowsWith(home: string, text: string): { line: string }[] {
  const states = readdirSync(join(home, 'state')).filter((name) => name.endsWith('.db'));
  const files = [...states.map((name) => join('state', name)), join('dynamodb', 'dynamodb.db')];
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(home, file), { readOnly: true, timeout: 5_000 });
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return tables
        .map(({ name }) => z.string().parse(name))
        .flatMap((table) => rows(database, file, table, text));
    } finally {
      database.close();
    }
  });
}

function rows(database: DatabaseSync, file: string, table: string, text: string): { line: string }[] {
  return database
    .prepare(`SELECT * FROM "${table}"`)
    .all()
    .filter((row) => Object.values(row).some((value) => typeof value === 'string' && value.includes(text)))
    .map((row) => {
      const [first, second] = Object.values(row);
      const key = [row.status, first, table === 'windsock' || table === 'object' ? second : undefined];
      return {
        line: ['row', file.split('/').at(-1), table, ...key.filter((part) => part !== undefined)].join(' '),
      };
    });
}

/** What the containers of a task write is theirs: the folder stands for it. */
function filesIn(home: string, folder: string): string[] {
  return pathsUnder(join(home, folder))
    .filter((path) => !/^\w+\/(work|tmp)(\/|$)/.test(path))
    .map((path) => `file ${folder}/${path}`);
}

function normalised(line: string, deploymentId: string): string {
  return line
    .replaceAll(deploymentId, '<deployment>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.+]+/g, '<time>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replaceAll(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, '<task>')
    .replaceAll(/\bc[a-z0-9]{24}\b/g, '<id>')
    .replaceAll(/(?<=due#)\d/g, '<shard>')
    .replaceAll(/(?<=namespace#)[\w-]+/g, '<namespace>')
    .replaceAll(/(?<=secret:\S+)-[0-9a-f]{6}$/g, '')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>');
}
