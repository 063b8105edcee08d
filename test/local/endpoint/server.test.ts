import { request } from 'node:http';
import {
  ListSecretsCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';

const folder = createFolder();
let endpoints: TestEndpoints;

beforeAll(async () => {
  endpoints = await startEndpoints(folder, { functions: [testFunction('a', 'behave', { kind: 'step' })] });
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

const authorization = (key: string) =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/x/aws4_request, Signature=x`;
async function post(headers: Record<string, string>, body: string, path = '/') {
  const response = await fetch(`${endpoints.url}${path}`, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, body: await response.text() };
}
const list = { 'x-amz-target': 'secretsmanager.ListSecrets', 'content-type': 'application/x-amz-json-1.1' };

test('every answer has a request id and the protocol of its service', async () => {
  const { status, headers, body } = await post({ ...list, authorization: authorization('runner') }, '{}');
  expect([status, headers.get('content-type'), JSON.parse(body)]).toEqual([
    200,
    'application/x-amz-json-1.1',
    { SecretList: [] },
  ]);
  expect(headers.get('x-amzn-requestid')).toMatch(/^[\da-f-]{36}$/);
});

test('a request without an access key is refused', async () => {
  const { status, body } = await post(list, '{}');
  expect([status, JSON.parse(body).__type]).toEqual([400, 'UnrecognizedClientException']);
});

test('a caller that nobody knows may do nothing', async () => {
  const client = new SecretsManagerClient(as('function-unknown', endpoints.url));
  await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: 'function-unknown is not authorized to perform: secretsmanager:ListSecrets on resource: *',
  });
});

test.each([
  ['an action that is not served', 'secretsmanager.Nothing', '{}', 'UnknownOperationException'],
  ['a service that is not served', 'Kinesis_20131202.ListStreams', '{}', 'UnknownOperationException'],
  ['a name that every object has', 'secretsmanager.constructor', '{}', 'UnknownOperationException'],
  ['no JSON', 'secretsmanager.ListSecrets', '{', 'SerializationException'],
  ['a wrong type', 'secretsmanager.ListSecrets', '{"MaxResults":"many"}', 'ValidationException'],
])('%s is an error of the caller', async (_what, target, body, type) => {
  const answer = await post(
    { ...list, 'x-amz-target': target, authorization: authorization('runner') },
    body,
  );
  expect([answer.status, JSON.parse(answer.body).__type]).toEqual([400, type]);
});

test('a wrong field is named', async () => {
  const answer = await post({ ...list, authorization: authorization('runner') }, '{"MaxResults":"many"}');
  expect(JSON.parse(answer.body).message).toContain('MaxResults');
});

test('an action of a service that is not served is told to the SDK', async () => {
  const client = new SecretsManagerClient(as('runner', endpoints.url));
  await expect(client.send(new RotateSecretCommand({ SecretId: 'x' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
});

test('a web page that made its name point here is refused', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { ...list, authorization: authorization('runner'), host: 'evil.example' };
    request(endpoints.url, { method: 'POST', headers }, (response) => resolve(response.statusCode))
      .on('error', reject)
      .end('{}');
  });
  expect(status).toBe(403);
});

test('a body that is too large is answered without being read', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { ...list, authorization: authorization('runner'), 'content-length': 17 * 1024 * 1024 };
    const outgoing = request(endpoints.url, { method: 'POST', headers }, (response) =>
      resolve(response.statusCode),
    );
    outgoing.on('error', reject);
    outgoing.write('{');
  });
  expect(status).toBe(413);
});
