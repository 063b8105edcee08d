import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, signUp } from '../../support/account.ts';
import { type Answer, type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let deploys: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  const request = { name: 'Uploads', workspaceId: owner.workspace.id };
  const { body } = await plane.call('POST', `${owner.path}/deployments`, request, { token: owner.token });
  deploys = `${owner.path}/deployments/${z.object({ id: z.string() }).parse(body).id}/deploys`;
});
afterAll(() => plane.stop());

async function uploadPath(): Promise<string> {
  const { body } = await plane.call('POST', deploys, { type: 'DAG_ONLY' }, { token: owner.token });
  const { pathname, search } = new URL(z.object({ dagsUploadUrl: z.string() }).parse(body).dagsUploadUrl);
  return `${pathname}${search}`;
}

/** A block without its id, which is refused for that, unless it is already for being one too many. */
function put(path: string, raw: Buffer): Promise<Answer> {
  return plane.call('PUT', `${path}&comp=block`, undefined, { raw });
}

/** Has an upload have got so many requests already. */
async function haveSent(path: string, uploadRequests: number): Promise<void> {
  const [, organizationId = '', deploymentId = '', deployId = ''] = path
    .replace(/\?.*/, '')
    .slice(1)
    .split('/');
  const { deploy } = plane.services.store(organizationId).entities;
  await deploy.patch({ organizationId, deploymentId, deployId }).set({ uploadRequests }).go();
}

test.each([
  ['2000 requests', 1980, 20, Buffer.from('.')],
  ['134217728 bytes', 0, 32, Buffer.alloc(4 * 1024 * 1024)],
])('an upload takes at most %s in all, also when they come at once', async (limit, sent, more, block) => {
  const path = await uploadPath();
  await haveSent(path, sent);
  const answers = await Promise.all(Array.from({ length: more + 10 }, () => put(path, block)));
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(more);
  const refused = answers.filter(({ status }) => status === 413);
  expect(refused).toHaveLength(10);
  expect(refused[0]?.body).toMatchObject({
    message: expect.stringContaining(limit),
    fieldErrors: [{ field: 'body', code: 'too_big' }],
  });
  expect((await put(await uploadPath(), block)).status).toBe(400);
});

test('nothing is uploaded any more once the deployment is being deleted', async () => {
  const path = await uploadPath();
  const deployment = deploys.replace(/\/deploys$/, '');
  expect((await plane.call('DELETE', deployment, undefined, { token: owner.token })).status).toBe(204);
  expect(await put(path, Buffer.from('.'))).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('is being deleted') },
  });
});
