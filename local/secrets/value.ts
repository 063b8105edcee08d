import { z } from 'zod';
import type { SecretStore } from './store.ts';

/**
 * What a container's `secrets[].valueFrom` names: `<secret's ARN or name>`, or `<ARN>:<JSON key>:<stage>:<version>`
 * of which the last two may be empty. Throws when the secret, its current version or the key is not there.
 */
export function readSecret(store: SecretStore, valueFrom: string): string {
  const [, secretId = valueFrom, key = ''] =
    /^(arn:aws:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*):[^:]*:[^:]*)?$/.exec(valueFrom) ?? [];
  const current = store.current(store.get(secretId));
  if (current === undefined) throw new Error(`Secret ${secretId} has no value`);
  if (key === '') return current.value;
  const value = z.record(z.string(), z.unknown()).parse(JSON.parse(current.value))[key];
  if (value === undefined) throw new Error(`Secret ${secretId} has no key ${key}`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
