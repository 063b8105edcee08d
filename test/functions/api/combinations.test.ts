import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

/** Fields that are right by themselves and wrong together: those that have to change are named, and no others. */
let plane: ControlPlane;
let owner: Account;
let deploymentId: string;
beforeAll(async () => {
  plane = await startControlPlane();
  owner = await signUp(plane);
  await setPlan(plane, owner, 'TEAM');
  deploymentId = await create('/deployments', { name: 'changing', workspaceId: owner.workspace.id });
});
afterAll(() => plane.stop());

const get = (path: string) => plane.call('GET', `${owner.path}${path}`, undefined, { token: owner.token });
const post = (path: string, body: unknown) =>
  plane.call('POST', `${owner.path}${path}`, body, { token: owner.token });
async function create(path: string, request: object): Promise<string> {
  const { body } = await post(path, request);
  return z.object({ id: z.string() }).parse(body, { error: () => JSON.stringify(body) }).id;
}

const Refused = z.looseObject({ fieldErrors: z.array(z.object({ field: z.string() })).default([]) });
async function named(path: string, request: object) {
  const { status, body } = await post(path, request);
  return { request, status, fields: Refused.parse(body).fieldErrors.map(({ field }) => field) };
}
const refusal = (request: object, fields: readonly string[]) => ({ request, status: 400, fields });

describe('of CPU and memory, the memory is twice the CPU, in Gi:', () => {
  const wrong: [object, string[]][] = [
    [{ defaultTaskPodCpu: '1', defaultTaskPodMemory: '1Gi' }, ['defaultTaskPodMemory']],
    [{ defaultTaskPodCpu: '1', defaultTaskPodMemory: '2048Mi' }, ['defaultTaskPodMemory']],
    [{ defaultTaskPodCpu: '1', defaultTaskPodMemory: '2' }, ['defaultTaskPodMemory']],
    [{ defaultTaskPodCpu: '500m', defaultTaskPodMemory: '1Gi' }, ['defaultTaskPodCpu']],
    [{ defaultTaskPodCpu: '1' }, ['defaultTaskPodMemory']],
    [{ defaultTaskPodMemory: '1Gi' }, ['defaultTaskPodMemory']],
    [{ resourceQuotaCpu: '20', resourceQuotaMemory: '20Gi' }, ['resourceQuotaMemory']],
    [{ resourceQuotaCpu: '20' }, ['resourceQuotaMemory']],
    [{ resourceQuotaMemory: '40Gi' }, ['resourceQuotaMemory']],
    [
      { defaultTaskPodCpu: '1', resourceQuotaCpu: '20', resourceQuotaMemory: '41Gi' },
      ['defaultTaskPodMemory', 'resourceQuotaMemory'],
    ],
  ];

  test.each(wrong)('%j names %j', async (request, fields) => {
    const whole = { name: 'wrong', workspaceId: owner.workspace.id, ...request };
    for (const path of ['/deployments', '/deployments?dryRun=plan']) {
      expect(await named(path, whole)).toEqual(refusal(whole, fields));
    }
    for (const path of [`/deployments/${deploymentId}`, `/deployments/${deploymentId}?dryRun=plan`]) {
      expect(await named(path, request)).toEqual(refusal(request, fields));
    }
    expect((await get('/deployments?names=wrong')).body).toMatchObject({ totalCount: 0 });
  });

  test('a pair that is right is taken and shown, and stays when an update says nothing of it', async () => {
    const pairs = {
      defaultTaskPodCpu: '0.3',
      defaultTaskPodMemory: '0.6Gi',
      resourceQuotaCpu: '20',
      resourceQuotaMemory: '40Gi',
    };
    const id = await create('/deployments', { name: 'right', workspaceId: owner.workspace.id, ...pairs });
    const updated = await post(`/deployments/${id}`, { description: 'nightly' });
    expect(updated).toMatchObject({ status: 200, body: pairs });
    const one = { resourceQuotaCpu: '20.0' };
    expect(await post(`/deployments/${id}`, one)).toMatchObject({ status: 200, body: one });
  });
});

describe('where a deployment is to be', () => {
  test.each([
    [{ cloudProvider: 'AWS' }, ['region']],
    [{ region: 'us-east-1' }, ['cloudProvider']],
    [{ cloudProvider: 'AWS', region: 'eu-west-1' }, ['region']],
    [{ clusterId: 'another', cloudProvider: 'AWS', region: 'us-east-1' }, ['clusterId']],
  ])('is said by %j: it names %j', async (request, fields) => {
    const whole = { name: 'wrong', workspaceId: owner.workspace.id, ...request };
    for (const path of ['/deployments', '/deployments?dryRun=plan']) {
      expect(await named(path, whole)).toEqual(refusal(whole, fields));
    }
  });

  test('is said by the cluster alone when there is one: the provider and the region do not count', async () => {
    const { id, region } = await cluster();
    const request = { name: 'on a cluster', workspaceId: owner.workspace.id, clusterId: id };
    expect(
      await post('/deployments', { ...request, cloudProvider: 'GCP', region: 'eu-west-1' }),
    ).toMatchObject({
      status: 200,
      body: { type: 'DEDICATED', clusterId: id, cloudProvider: 'AWS', region },
    });
  });

  test('is what its workspace says when the request does not', async () => {
    const { id: clusterId, region } = await cluster();
    const place = { defaultCloudProvider: 'GCP', defaultRegion: region };
    const shared = await create('/workspaces', { name: 'shared', ...place });
    const own = await create('/workspaces', { name: 'own', defaultClusterId: clusterId });
    const made = async (workspaceId: string, request: object = {}) =>
      (await post('/deployments', { name: `made ${JSON.stringify(request)}`, workspaceId, ...request })).body;
    expect(await made(shared)).toMatchObject({ type: 'STANDARD', cloudProvider: 'GCP', region });
    expect(await made(shared, { cloudProvider: 'AZURE', region })).toMatchObject({ cloudProvider: 'AZURE' });
    expect(await made(shared, { clusterId })).toMatchObject({ type: 'DEDICATED', clusterId });
    expect(await made(own)).toMatchObject({ type: 'DEDICATED', clusterId, region });
    const asShared = await made(own, { cloudProvider: 'GCP', region });
    expect(asShared).toMatchObject({ type: 'STANDARD', cloudProvider: 'GCP' });
    expect(asShared).not.toHaveProperty('clusterId');
  });
});

describe('the defaults of a workspace', () => {
  test.each([
    [{ defaultCloudProvider: 'AWS' }, ['defaultRegion']],
    [{ defaultRegion: 'us-east-1' }, ['defaultCloudProvider']],
    [{ defaultCloudProvider: 'AWS', defaultRegion: 'eu-west-1' }, ['defaultRegion']],
    [{ defaultClusterId: 'another' }, ['defaultClusterId']],
    [{ defaultClusterId: 'test', defaultCloudProvider: 'AWS' }, ['defaultClusterId']],
    [
      { defaultClusterId: 'test', defaultCloudProvider: 'AWS', defaultRegion: 'us-east-1' },
      ['defaultClusterId'],
    ],
  ])('%j name %j', async (defaults, fields) => {
    const created = { name: 'wrong', ...defaults };
    expect(await named('/workspaces', created)).toEqual(refusal(created, fields));
    const updated = { name: 'Gale', description: '', cicdEnforcedDefault: false, ...defaults };
    expect(await named(`/workspaces/${owner.workspace.id}`, updated)).toEqual(refusal(updated, fields));
  });

  test('take the place of those before, and stay when nothing is said of them', async () => {
    const { id: defaultClusterId, region: defaultRegion } = await cluster();
    const place = { defaultCloudProvider: 'AWS', defaultRegion };
    const id = await create('/workspaces', { name: 'placed', ...place });
    const updated = async (defaults: object) => {
      const request = { name: 'placed', description: '', cicdEnforcedDefault: false, ...defaults };
      expect((await post(`/workspaces/${id}`, request)).status).toBe(200);
      const { body } = await get(`/workspaces/${id}`);
      const shown = z.looseObject({}).parse(body);
      return Object.fromEntries(Object.entries(shown).filter(([name]) => /^default/.test(name)));
    };
    expect(await updated({})).toEqual(place);
    expect(await updated({ defaultClusterId })).toEqual({ defaultClusterId });
    expect(await updated({})).toEqual({ defaultClusterId });
    expect(await updated(place)).toEqual(place);
  });
});

async function cluster() {
  const { body } = await get('/clusters');
  const One = z.object({ id: z.string(), region: z.string() });
  return z.object({ clusters: z.tuple([One]) }).parse(body).clusters[0];
}

describe('the origin of a deploy', () => {
  const github = { provider: 'GITHUB', commitSha: 'abc', account: 'gale', repo: 'dags' };
  const generic = { provider: 'GENERIC', commitSha: 'abc', remoteUrl: 'git@git.example.com:gale/dags.git' };
  test.each([
    [{ ...github, account: undefined }, ['git.account']],
    [{ ...github, account: undefined, repo: '' }, ['git.account', 'git.repo']],
    [{ ...github, remoteUrl: generic.remoteUrl }, ['git.remoteUrl']],
    [{ ...generic, remoteUrl: undefined }, ['git.remoteUrl']],
    [{ ...generic, account: 'gale' }, ['git.account']],
    [{ ...generic, repo: 'dags' }, ['git.repo']],
    [
      { provider: 'GENERIC', commitSha: 'abc', account: 'a', repo: 'b' },
      ['git.account', 'git.repo', 'git.remoteUrl'],
    ],
  ])('%j names %j', async (git, fields) => {
    const request = { type: 'DAG_ONLY', git };
    expect(await named(`/deployments/${deploymentId}/deploys`, request)).toEqual(refusal(request, fields));
  });

  test('a URL is kept without the token that CI writes into it', async () => {
    const token = 'https://gitlab-ci-token:hush@git.example.com/gale/dags.git';
    const git = { ...generic, remoteUrl: token, commitUrl: token, authorUrl: token };
    const { body } = await post(`/deployments/${deploymentId}/deploys`, { type: 'DAG_ONLY', git });
    const url = 'https://git.example.com/gale/dags.git';
    expect(body).toMatchObject({ git: { remoteUrl: url, commitUrl: url, authorUrl: url } });
    expect(JSON.stringify((await get('/audit-logs')).body)).not.toContain('hush');
  });

  test.each([github, { ...github, remoteUrl: '' }, generic, { ...generic, account: '', repo: '' }])(
    '%j is kept',
    async (git) => {
      const request = { type: 'DAG_ONLY', git };
      const { status, body } = await post(`/deployments/${deploymentId}/deploys`, request);
      expect({ status, body }).toMatchObject({ status: 200, body: { git } });
    },
  );
});
