import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Home } from '../../../local/home.ts';
import { keptPorts, type Ports } from '../../../local/ports.ts';
import { isAlive, processIdentity } from '../../../local/process.ts';
import { dynoxideServer } from '../../../local/servers/dynoxide.ts';
import { initializePostgres, postgresPassword, postgresServer } from '../../../local/servers/postgres.ts';
import type { ServerDefinition } from '../../../local/servers/server.ts';
import { startServers } from '../../../local/servers/servers.ts';
import { type SupervisedServer, supervise } from '../../../local/servers/supervise.ts';
import type { Tools } from '../../../local/setup/tools.ts';
import { eventually, tools as sharedTools, temporaryHome } from '../support/home.ts';

const { home, remove } = temporaryHome();
let tools: Tools;
let ports: Ports;
let postgres: SupervisedServer;
let dynoxide: SupervisedServer;
const said: string[] = [];

beforeAll(async () => {
  tools = await sharedTools();
  ports = await keptPorts(home);
  await initializePostgres(home, tools);
  postgres = await supervised(postgresServer(home, tools, ports.postgres));
  dynoxide = await supervised(dynoxideServer(home, ports.dynamodb));
});

afterAll(async () => {
  await Promise.all([postgres.stop(), dynoxide.stop()]);
  remove();
});

test('ports are found once and kept', async () => {
  expect(await keptPorts(home)).toEqual(ports);
  expect(new Set(Object.values(ports)).size).toBe(Object.keys(ports).length);
});

test('a data folder of an earlier platform keeps its ports and gets those that it lacks', async () => {
  const elsewhere = temporaryHome();
  const { redis: _, ...earlier } = ports;
  writeFileSync(join(elsewhere.home.root, 'ports.json'), JSON.stringify(earlier));
  const kept = await keptPorts(elsewhere.home);
  expect(kept).toEqual({ ...earlier, redis: expect.any(Number) });
  expect(await keptPorts(elsewhere.home)).toEqual(kept);
  elsewhere.remove();
});

test('a killed Postgres is started again and has lost nothing that it answered', async () => {
  query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (41)');
  const killed = identity(home, 'postgres');
  process.kill(killed.pid, 'SIGKILL');
  await eventually('Postgres answers again', () => !isAlive(killed) && answersQuery());
  expect(query('SELECT n FROM kept').trim()).toBe('41');
  await eventually('it is said', () =>
    said.some((line) => line.startsWith('postgres had ended; it runs again')),
  );
});

test('a killed DynamoDB is started again and has lost nothing that it answered', async () => {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${ports.dynamodb}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'runner', secretAccessKey: 'local' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'kept',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  process.kill(identity(home, 'dynoxide').pid, 'SIGKILL');
  await eventually('it is said', () =>
    said.some((line) => line.startsWith('dynoxide had ended; it runs again')),
  );
  expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual(['kept']);
});

test('a server that is left running is found again, and not started twice', async () => {
  const before = identity(home, 'postgres');
  await postgres.leave();
  expect(isAlive(before)).toBe(true);
  postgres = await supervised(postgresServer(home, tools, ports.postgres));
  expect(identity(home, 'postgres')).toEqual(before);
});

test('a stopped server has ended and starts again', async () => {
  const before = identity(home, 'dynoxide');
  await dynoxide.stop();
  expect(isAlive(before)).toBe(false);
  expect(existsSync(join(home.servers, 'dynoxide.json'))).toBe(false);
  dynoxide = await supervised(dynoxideServer(home, ports.dynamodb));
});

test('a lock file of a Postgres that died with the machine does not keep it from starting', async () => {
  await postgres.stop();
  writeFileSync(join(home.postgres, 'postmaster.pid'), `${process.pid}\n${home.postgres}\n0\n`);
  postgres = await supervised(postgresServer(home, tools, ports.postgres));
  expect(answersQuery()).toBe(true);
});

test('a server that does not start says why', async () => {
  const broken: ServerDefinition = {
    ...dynoxideServer(home, ports.dynamodb),
    name: 'broken',
    ports: [],
    command: ['sh', '-c', 'echo "no such database" >&2; exit 3'],
    isReady: async () => false,
  };
  await expect(supervised(broken)).rejects.toThrow('no such database');
});

test('the superuser’s password is its owner’s alone', () => {
  expect(statSync(join(home.keys, 'postgres-password')).mode & 0o777).toBe(0o600);
  expect(() => query('SELECT 1', 'wrong')).toThrow(/password authentication failed/);
});

function supervised(server: ServerDefinition): Promise<SupervisedServer> {
  return supervise(home, server, (line) => said.push(line));
}

function identity(of: Home, name: string) {
  return processIdentity.parse(JSON.parse(readFileSync(join(of.servers, `${name}.json`), 'utf8')));
}

function query(sql: string, password = postgresPassword(home)): string {
  const address = `postgresql://windsock:${password}@127.0.0.1:${ports.postgres}/postgres`;
  return execFileSync(join(tools.postgres, 'psql'), ['-XtA', address, '-c', sql], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function answersQuery(): boolean {
  try {
    return query('SELECT 1').trim() === '1';
  } catch {
    return false;
  }
}

test('when one server does not start, the others are ended again', async () => {
  const elsewhere = temporaryHome();
  const taken = await keptPorts(elsewhere.home);
  await initializePostgres(elsewhere.home, tools);
  const listener = createServer().listen(taken.dynamodb, '127.0.0.1');
  await once(listener, 'listening');
  await expect(startServers(elsewhere.home, tools, taken, (line) => said.push(line))).rejects.toThrow(
    `Another program has port ${taken.dynamodb}, which dynoxide is kept at`,
  );
  expect(readdirSync(elsewhere.home.servers).filter((name) => name.endsWith('.json'))).toEqual([]);
  listener.close();
  elsewhere.remove();
});
