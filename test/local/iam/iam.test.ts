import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';

const grants = [{ actions: ['iam:GetRole'], resources: ['arn:aws:iam::*:role/windsock-*'] }];
const folder = createFolder();
let endpoints: TestEndpoints;
let iam: IAMClient;

beforeAll(async () => {
  endpoints = await startEndpoints(folder, {
    functions: [testFunction('step', 'behave', { kind: 'step' }, { grants })],
  });
  iam = new IAMClient(as('runner', endpoints.url));
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }],
});
const create = (RoleName: string) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
const put = (RoleName: string, statement: object) =>
  iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: 'own',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
const secret = {
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: 'arn:aws:secretsmanager:*:*:secret:one*',
};

test('a role is made once, read, and deleted after its policies', async () => {
  const { Role } = await create('windsock-a');
  expect(Role).toMatchObject({ RoleName: 'windsock-a', Arn: 'arn:aws:iam::000000000000:role/windsock-a' });
  expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trust);
  await expect(create('windsock-a')).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' });
  await put('windsock-a', secret);
  await put('windsock-a', secret);
  const list = new ListRolePoliciesCommand({ RoleName: 'windsock-a' });
  expect((await iam.send(list)).PolicyNames).toEqual(['own']);
  const remove = new DeleteRoleCommand({ RoleName: 'windsock-a' });
  await expect(iam.send(remove)).rejects.toMatchObject({ name: 'DeleteConflictException' });
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'windsock-a', PolicyName: 'own' }));
  expect((await iam.send(list)).PolicyNames).toEqual([]);
  await iam.send(remove);
  await expect(iam.send(remove)).rejects.toMatchObject({ name: 'NoSuchEntityException' });
  await expect(iam.send(new GetRoleCommand({ RoleName: 'windsock-a' }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});

test('a role may do what its policy says, from the next request on, and no more once it is taken away', async () => {
  endpoints.secrets.create('one', '', 'first', undefined);
  endpoints.secrets.create('two', '', 'second', undefined);
  const role = new SecretsManagerClient(as('role-windsock-b', endpoints.url));
  const read = (SecretId: string) => role.send(new GetSecretValueCommand({ SecretId }));
  const denied = { name: 'AccessDeniedException' };
  await expect(read('one')).rejects.toMatchObject(denied);
  await create('windsock-b');
  await put('windsock-b', secret);
  expect((await read('one')).SecretString).toBe('first');
  await expect(read('two')).rejects.toMatchObject(denied);
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'windsock-b', PolicyName: 'own' }));
  await expect(read('one')).rejects.toMatchObject(denied);
});

test('a policy that is not understood is refused, not ignored', async () => {
  await create('windsock-c');
  for (const statement of [
    { ...secret, Effect: 'Deny' },
    { ...secret, NotAction: 'x' },
    { ...secret, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
  ]) {
    await expect(put('windsock-c', statement)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
  }
});

test('calls are granted by the role', async () => {
  const step = new IAMClient(as('function-step', endpoints.url));
  await create('windsock-d');
  expect((await step.send(new GetRoleCommand({ RoleName: 'windsock-d' }))).Role?.RoleName).toBe('windsock-d');
  await expect(step.send(new GetRoleCommand({ RoleName: 'admin' }))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('iam:GetRole on resource: arn:aws:iam::000000000000:role/admin'),
  });
});
