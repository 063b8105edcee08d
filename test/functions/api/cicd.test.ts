import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane, 'Gale');
  await setPlan(plane, owner, 'TEAM');
});
afterAll(() => plane.stop());

const post = (path: string, body: unknown, token = owner.token) =>
  plane.call('POST', `${owner.path}${path}`, body, { token });
const idOf = ({ body }: { body: unknown }) => z.object({ id: z.string() }).parse(body).id;
const newWorkspace = async (name: string, cicdEnforcedDefault: boolean) =>
  idOf(await post('/workspaces', { name, cicdEnforcedDefault }));
const newDeployment = (workspaceId: string, settings: object = {}) =>
  post('/deployments', { name: `Deployment ${JSON.stringify(settings)}`, workspaceId, ...settings });

test('a new deployment enforces CI/CD as its workspace does, unless it is told', async () => {
  const [enforcing, free] = [await newWorkspace('Enforcing', true), await newWorkspace('Free', false)];
  expect((await newDeployment(enforcing)).body).toMatchObject({ isCicdEnforced: true });
  expect((await newDeployment(enforcing, { isCicdEnforced: false })).body).toMatchObject({
    isCicdEnforced: false,
  });
  expect((await newDeployment(free)).body).toMatchObject({ isCicdEnforced: false });
  expect((await newDeployment(free, { isCicdEnforced: true })).body).toMatchObject({ isCicdEnforced: true });
});

test('where CI/CD is enforced an API token deploys, and a person does not', async () => {
  const workspaceId = await newWorkspace('Pipelines', true);
  const deploymentId = idOf(await newDeployment(workspaceId));
  const deploys = `/deployments/${deploymentId}/deploys`;
  const request = { name: 'CI', scope: 'DEPLOYMENT', entityId: deploymentId, role: 'DEPLOYMENT_ADMIN' };
  const { token } = z.object({ token: z.string() }).parse((await post('/tokens', request)).body);
  expect(await post(deploys, { type: 'DAG_ONLY' })).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('Deploy to it with an API token') },
  });
  const begun = await post(deploys, { type: 'DAG_ONLY' }, token);
  expect(begun).toMatchObject({ status: 200, body: { createdBySubject: { apiTokenName: 'CI' } } });
  const finalize = `${deploys}/${idOf(begun)}/finalize`;
  const version = { dagTarballVersion: '2026-01-01T00:00:00.0000000Z' };
  expect((await post(finalize, version)).status).toBe(403);
});
