import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Statement } from '../endpoint/grants.ts';
import { openState } from '../endpoint/state.ts';
import { readPolicy } from './policy.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS role (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, trust TEXT NOT NULL, created TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS policy (
    role TEXT NOT NULL REFERENCES role (name), name TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (role, name));
`;

/** Opens the SQLite file that keeps roles and their policies. Several processes may have it open. */
export function openRoles(path: string): DatabaseSync {
  return openState(path, SCHEMA);
}

/** Reads the statements of a role's policies, none for a role that is not there: `createGrants` asks it. */
export function roleStatements(roles: DatabaseSync): (roleName: string) => readonly Statement[] {
  const select = roles.prepare('SELECT document FROM policy WHERE role = ?');
  const row = z.object({ document: z.string() });
  return (roleName) => select.all(roleName).flatMap((found) => readPolicy(row.parse(found).document));
}
