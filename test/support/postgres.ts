import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** How psql is run on a platform's Postgres, as its superuser; it prints a line a row and nothing else. */
export function psqlOf(home: string, database = 'postgres') {
  const read = (...path: string[]) => readFileSync(join(home, ...path), 'utf8');
  const { postgres: folder } = z
    .object({ postgres: z.string() })
    .parse(JSON.parse(read('tools', 'installed.json')));
  const { postgres: port } = z.object({ postgres: z.int() }).parse(JSON.parse(read('ports.json')));
  return {
    program: join(folder, 'psql'),
    args: ['-XtA', `postgresql://windsock@127.0.0.1:${port}/${database}`],
    env: { PGPASSWORD: read('keys', 'postgres-password') },
  };
}

/** What a query of a platform's Postgres answers, as its superuser: a line a row. */
export function queryPostgres(home: string, sql: string, database?: string): string[] {
  const { program, args, env } = psqlOf(home, database);
  const answer = execFileSync(program, [...args, '-c', sql], { encoding: 'utf8', env, stdio: 'pipe' });
  return answer.split('\n').filter((line) => line !== '');
}
