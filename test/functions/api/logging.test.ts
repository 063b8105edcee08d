import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newId } from '../../../core/id.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type CallOptions, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
});
afterAll(() => plane.stop());

/** The log's lines of one request. */
async function logOf(method: string, path: string, options: CallOptions = {}): Promise<string> {
  const written: string[] = [];
  const write = (line: unknown) => void written.push(String(line));
  const spies = [vi.spyOn(console, 'info'), vi.spyOn(console, 'error')];
  for (const spy of spies) spy.mockImplementation(write);
  try {
    await plane.call(method, path, undefined, options);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written.join('\n');
}

test('a request is logged with its operation, its path as the route has it, the ids in it, and who asked', async () => {
  const { path, token, organization, user } = owner;
  const workspaceId = newId();
  const log = await logOf('GET', `${path}/workspaces/${workspaceId}`, { token });
  expect(JSON.parse(log)).toMatchObject({
    operation: 'GetWorkspace',
    path: '/v1/organizations/{organizationId}/workspaces/{workspaceId}',
    organizationId: organization.id,
    workspaceId,
    userId: user.id,
    statusCode: 404,
  });
});

const MARKER = 'planted-marker-value';
const someId = `c${'0'.repeat(24)}`;
const requests: readonly (readonly [method: string, path: string, options: CallOptions])[] = [
  ['GET', `/authorize/${MARKER}`, {}],
  ['GET', `/authorize/${MARKER}/confirm`, {}],
  ['POST', `/authorize/${MARKER}/confirm`, {}],
  ['GET', `/authorize?client_id=cli&code_challenge=${MARKER}&state=${MARKER}`, {}],
  ['GET', `/signin?token=${MARKER}`, {}],
  ['POST', `/signin?token=${MARKER}`, {}],
  ['GET', `/invites/accept?token=${MARKER}`, {}],
  ['GET', `/password/reset?token=${MARKER}`, {}],
  ['PUT', `/uploads/${someId}/${someId}/${someId}?expires=1&signature=${MARKER}`, {}],
  ['POST', '/signin', { raw: `email=a%40example.com&password=${MARKER}` }],
  ['POST', '/oauth/token', { raw: `grant_type=refresh_token&client_id=cli&refresh_token=${MARKER}` }],
  ['POST', '/v1alpha1/signups', { raw: `{"password": "${MARKER}` }],
  ['GET', '/v1/users/self', { token: MARKER }],
  ['GET', '/account', { cookies: [`windsock_session=${MARKER}`] }],
  ['GET', `/v1/organizations/${MARKER}/workspaces`, {}],
  ['GET', `/nothing/${MARKER}`, {}],
];
test.each(requests)('%s %s leaves nothing secret in the log', async (method, path, options) => {
  const log = await logOf(method, path, options);
  expect(log).toContain('"message":"request"');
  expect(log).not.toContain(MARKER);
});
