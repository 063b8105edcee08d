import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSecret } from '../../../local/secrets/value.ts';
import {
  as,
  createFolder,
  type Folder,
  startEndpoints,
  type TestEndpoints,
  testFunction,
} from '../support/endpoints.ts';

const functions = [
  testFunction(
    'reader',
    'behave',
    { kind: 'step' },
    {
      grants: [
        {
          actions: ['secretsmanager:GetSecretValue', 'secretsmanager:CreateSecret'],
          resources: ['arn:aws:secretsmanager:*:*:secret:windsock/d1/*'],
        },
      ],
    },
  ),
];
let folder: Folder;
let endpoints: TestEndpoints;
let runner: SecretsManagerClient;

beforeEach(async () => {
  folder = createFolder();
  endpoints = await startEndpoints(folder, { functions });
  runner = new SecretsManagerClient(as('runner', endpoints.url));
});
afterEach(async () => {
  await endpoints.close();
  folder.remove();
});

const create = (Name: string, SecretString: string, ClientRequestToken: string = randomUUID()) =>
  runner.send(new CreateSecretCommand({ Name, SecretString, ClientRequestToken }));
const value = async (SecretId: string, VersionId?: string) =>
  (await runner.send(new GetSecretValueCommand({ SecretId, VersionId }))).SecretString;

test('a secret is read by its name and by its ARN', async () => {
  const { ARN } = await create('windsock/d1/platform', 'v1');
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:windsock\/d1\/platform-\w{6}$/);
  expect(await value('windsock/d1/platform')).toBe('v1');
  expect(await value(ARN ?? '')).toBe('v1');
});

test('creating it again is the same request with the same token, and an error else', async () => {
  const token = randomUUID();
  const first = await create('s', 'v1', token);
  expect((await create('s', 'v1', token)).ARN).toBe(first.ARN);
  await expect(create('s', 'v2', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
  await expect(create('s', 'v1')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  expect(await value('s')).toBe('v1');
});

test('a new value is current; the old one is kept under its version', async () => {
  const first = await create('s', 'v1');
  const token = randomUUID();
  const put = new PutSecretValueCommand({ SecretId: 's', SecretString: 'v2', ClientRequestToken: token });
  expect((await runner.send(put)).VersionId).toBe(token);
  expect((await runner.send(put)).VersionId).toBe(token);
  expect(await value('s')).toBe('v2');
  expect(await value('s', first.VersionId)).toBe('v1');
  const described = await runner.send(new DescribeSecretCommand({ SecretId: 's' }));
  expect(described.VersionIdsToStages).toEqual({ [token]: ['AWSCURRENT'] });
});

test('a deleted secret is gone, and its name is free', async () => {
  await create('s', 'v1');
  await runner.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }));
  await expect(value('s')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await create('s', 'v2');
  expect(await value('s')).toBe('v2');
});

test('secrets are listed by the beginning of their name, in pages', async () => {
  for (const name of ['a/1', 'a/2', 'b/1']) await create(name, 'v');
  const Filters = [{ Key: 'name' as const, Values: ['a/'] }];
  const first = await runner.send(new ListSecretsCommand({ Filters, MaxResults: 1 }));
  const { NextToken } = first;
  const second = await runner.send(new ListSecretsCommand({ Filters, MaxResults: 1, NextToken }));
  const names = [first, second].flatMap((page) => page.SecretList?.map(({ Name }) => Name));
  expect(names).toEqual(['a/1', 'a/2']);
  expect(second.NextToken).toBeUndefined();
});

test('reading is granted by the name that a secret begins with', async () => {
  await create('windsock/d1/platform', 'one');
  await create('windsock/d2/platform', 'two');
  const reader = new SecretsManagerClient(as('function-reader', endpoints.url));
  const read = (SecretId: string) => reader.send(new GetSecretValueCommand({ SecretId }));
  expect((await read('windsock/d1/platform')).SecretString).toBe('one');
  await expect(read('windsock/d2/platform')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await reader.send(new CreateSecretCommand({ Name: 'windsock/d1/new', SecretString: 'x' }));
  await expect(
    reader.send(new CreateSecretCommand({ Name: 'windsock/d2/new', SecretString: 'x' })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('values reach the disk encrypted only, and only the owner reads the key', async () => {
  const marker = `marker-${randomUUID()}`;
  await create('s', marker);
  const found = readdirSync(folder.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(marker))
    .map(({ name }) => name);
  expect(found).toEqual([]);
  expect(statSync(join(folder.root, 'keys', 'secrets')).mode & 0o777).toBe(0o600);
});

test('secrets outlive the process', async () => {
  await create('s', 'v1');
  await endpoints.close();
  endpoints = await startEndpoints(folder, { functions });
  runner = new SecretsManagerClient(as('runner', endpoints.url));
  expect(await value('s')).toBe('v1');
});

test("a container's secrets are read by ARN, and by a key of their JSON", async () => {
  const { ARN = '' } = await create('s', JSON.stringify({ user: 'u', port: 5432 }));
  const { secrets } = endpoints;
  expect(JSON.parse(readSecret(secrets, ARN))).toEqual({ user: 'u', port: 5432 });
  expect(readSecret(secrets, `${ARN}:user::`)).toBe('u');
  expect(readSecret(secrets, `${ARN}:port::`)).toBe('5432');
  expect(readSecret(secrets, 's')).toContain('"user"');
  expect(() => readSecret(secrets, `${ARN}:none::`)).toThrow(`Secret ${ARN} has no key none`);
});

test('a value larger than Secrets Manager takes is refused', async () => {
  await expect(create('s', 'x'.repeat(65_537))).rejects.toThrow('SecretString');
});
