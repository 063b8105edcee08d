import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { arn as arnOf, ServiceError } from '../endpoint/service.ts';
import { atomically, openState } from '../endpoint/state.ts';
import { openCipher } from './cipher.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS secret (
    arn TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL,
    created INTEGER NOT NULL, changed INTEGER NOT NULL, current TEXT);
  CREATE TABLE IF NOT EXISTS version (
    arn TEXT NOT NULL REFERENCES secret (arn) ON DELETE CASCADE, id TEXT NOT NULL,
    sealed BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (arn, id));
`;

const secretRow = z.object({
  arn: z.string(),
  name: z.string(),
  description: z.string(),
  /** Epoch milliseconds. */
  created: z.int(),
  changed: z.int(),
  /** The version staged AWSCURRENT. */
  current: z.string().nullable(),
});
export type Secret = z.infer<typeof secretRow>;
const versionRow = z.object({ id: z.string(), sealed: z.instanceof(Uint8Array), created: z.int() });

export interface SecretVersion {
  readonly id: string;
  readonly value: string;
  readonly created: number;
}

export type SecretStore = ReturnType<typeof openSecretStore>;

/** Secrets and their versions, encrypted with the key at `keyPath` before they reach the SQLite file at `path`. */
export function openSecretStore(path: string, keyPath: string) {
  const cipher = openCipher(keyPath);
  const state = openState(path, SCHEMA);
  const sql = {
    find: state.prepare('SELECT * FROM secret WHERE arn = ?1 OR name = ?1'),
    list: state.prepare('SELECT * FROM secret ORDER BY created, arn'),
    create: state.prepare('INSERT INTO secret VALUES (?, ?, ?, ?, ?, NULL)'),
    remove: state.prepare('DELETE FROM secret WHERE arn = ?'),
    version: state.prepare('SELECT id, sealed, created FROM version WHERE arn = ? AND id = ?'),
    addVersion: state.prepare('INSERT INTO version VALUES (?, ?, ?, ?)'),
    setCurrent: state.prepare('UPDATE secret SET current = ?, changed = ? WHERE arn = ?'),
  };

  const find = (nameOrArn: string): Secret | undefined => secretRow.optional().parse(sql.find.get(nameOrArn));

  function get(nameOrArn: string): Secret {
    const found = find(nameOrArn);
    if (found !== undefined) return found;
    throw new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  function version(secret: Secret, id: string): SecretVersion | undefined {
    const found = sql.version.get(secret.arn, id);
    if (found === undefined) return undefined;
    const { sealed, created } = versionRow.parse(found);
    return { id, created, value: cipher.open(sealed, `${secret.arn}/${id}`) };
  }

  /** Adds a version and stages it AWSCURRENT. The same id with the same value is the same request again. */
  function put(secret: Secret, value: string, id: string = randomUUID()): string {
    const kept = version(secret, id);
    if (kept !== undefined) {
      if (kept.value === value) return id;
      throw exists(`a version with the ClientRequestToken ${id} and another value already exists.`);
    }
    sql.addVersion.run(secret.arn, id, cipher.seal(value, `${secret.arn}/${id}`), Date.now());
    sql.setCurrent.run(id, Date.now(), secret.arn);
    return id;
  }

  return {
    find,
    get,
    list: (): readonly Secret[] => z.array(secretRow).parse(sql.list.all()),
    current: (secret: Secret) => (secret.current === null ? undefined : version(secret, secret.current)),
    version,
    put: (secret: Secret, value: string, id?: string) => atomically(state, () => put(secret, value, id)),
    /** Creates a secret. The same request token with the same value answers the secret that is there. */
    create(name: string, description: string, value: string | undefined, token: string | undefined): Secret {
      return atomically(state, () => {
        const there = find(name);
        if (there !== undefined) {
          const same = token !== undefined && value !== undefined && version(there, token)?.value === value;
          if (same) return there;
          throw exists(`the secret ${name} already exists.`);
        }
        const arn = arnOf('secretsmanager', `secret:${name}-${randomBytes(3).toString('hex')}`);
        sql.create.run(arn, name, description, Date.now(), Date.now());
        if (value !== undefined) put(get(arn), value, token);
        return get(arn);
      });
    },
    remove: (secret: Secret) => {
      sql.remove.run(secret.arn);
    },
    close: () => state.close(),
  };
}

function exists(what: string): ServiceError {
  return new ServiceError('ResourceExistsException', `The operation failed because ${what}`);
}
