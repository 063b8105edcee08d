import { z } from 'zod';
import { parseInput } from '../endpoint/json.ts';
import { arn, type Service, ServiceError } from '../endpoint/service.ts';
import type { Secret, SecretStore } from './store.ts';

/** Secrets Manager's limit on a value, in bytes. */
const VALUE_LIMIT = 65_536;

const value = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= VALUE_LIMIT, `at most ${VALUE_LIMIT} bytes`);
const token = z.string().min(32).max(64).optional();
const ofSecret = z.object({ SecretId: z.string().min(1).max(2048) });
const createSecret = z.object({
  Name: z.string().regex(/^[\w/+=.@-]{1,512}$/, 'must be 1 to 512 of A-Z a-z 0-9 /_+=.@-'),
  Description: z.string().default(''),
  SecretString: value.optional(),
  ClientRequestToken: token,
});
const getSecretValue = ofSecret.extend({ VersionId: z.string().optional() });
const putSecretValue = ofSecret.extend({ SecretString: value, ClientRequestToken: token });
const deleteSecret = ofSecret.extend({ ForceDeleteWithoutRecovery: z.literal(true) });
const listSecrets = z.object({
  MaxResults: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
  Filters: z.array(z.object({ Key: z.literal('name'), Values: z.array(z.string()).min(1) })).default([]),
});

/** Secrets Manager's actions over the store. Secrets are text; a deletion is at once, for no recovery is kept. */
export function createSecrets(store: SecretStore): Service {
  return {
    name: 'secretsmanager',
    target: 'secretsmanager',
    jsonVersion: '1.1',
    resources(action, input) {
      if (action === 'ListSecrets') return ['*'];
      const { SecretId, Name } = z
        .object({ SecretId: z.string().optional(), Name: z.string().optional() })
        .catch({})
        .parse(input);
      const named = SecretId ?? Name ?? '';
      return [
        store.find(named)?.arn ??
          (named.startsWith('arn:') ? named : arn('secretsmanager', `secret:${named}`)),
      ];
    },
    actions: {
      CreateSecret(input) {
        const { Name, Description, SecretString, ClientRequestToken } = parseInput(createSecret, input);
        const secret = store.create(Name, Description, SecretString, ClientRequestToken);
        return { ...identity(secret), ...(secret.current === null ? {} : { VersionId: secret.current }) };
      },
      GetSecretValue(input) {
        const { SecretId, VersionId } = parseInput(getSecretValue, input);
        const secret = store.get(SecretId);
        const version = VersionId === undefined ? store.current(secret) : store.version(secret, VersionId);
        if (version === undefined) {
          throw new ServiceError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for ${VersionId ?? 'staging label: AWSCURRENT'}`,
          );
        }
        return {
          ...identity(secret),
          VersionId: version.id,
          SecretString: version.value,
          VersionStages: version.id === secret.current ? ['AWSCURRENT'] : [],
          CreatedDate: version.created / 1000,
        };
      },
      PutSecretValue(input) {
        const { SecretId, SecretString, ClientRequestToken } = parseInput(putSecretValue, input);
        const secret = store.get(SecretId);
        const VersionId = store.put(secret, SecretString, ClientRequestToken);
        return { ...identity(secret), VersionId, VersionStages: ['AWSCURRENT'] };
      },
      DescribeSecret: (input) => describe(store.get(parseInput(ofSecret, input).SecretId)),
      DeleteSecret(input) {
        const secret = store.get(parseInput(deleteSecret, input).SecretId);
        store.remove(secret);
        return { ...identity(secret), DeletionDate: Date.now() / 1000 };
      },
      ListSecrets(input) {
        const { MaxResults, NextToken, Filters } = parseInput(listSecrets, input);
        const found = store
          .list()
          .filter(({ name }) =>
            Filters.every(({ Values }) => Values.some((prefix) => name.startsWith(prefix))),
          );
        const from = NextToken === undefined ? 0 : found.findIndex(({ arn: at }) => at === NextToken) + 1;
        const page = found.slice(from, from + MaxResults);
        const last = page.at(-1);
        const more = from + MaxResults < found.length && last !== undefined;
        return { SecretList: page.map(describe), ...(more ? { NextToken: last.arn } : {}) };
      },
    },
  };
}

function identity({ arn: ARN, name: Name }: Secret) {
  return { ARN, Name };
}

function describe(secret: Secret) {
  return {
    ...identity(secret),
    Description: secret.description,
    CreatedDate: secret.created / 1000,
    LastChangedDate: secret.changed / 1000,
    ...(secret.current === null ? {} : { VersionIdsToStages: { [secret.current]: ['AWSCURRENT'] } }),
  };
}
