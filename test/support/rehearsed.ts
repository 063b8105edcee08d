import { expect } from 'vitest';
import { z } from 'zod';
import { Deployment } from '../../core/deployment/view.ts';
import { Operation } from '../../core/operation/view.ts';
import type { ProductPlan } from '../../core/organization/plans.ts';
import type { Permission } from '../../core/permission/permissions.ts';
import { type Line, linesOf } from './audit-lines.ts';
import { isAtRest } from './changing.ts';
import { type Answer, type Client, createClient, sent, signUp, type Tenant } from './client.ts';
import { type Platform, until } from './platform.ts';
import type { Rehearsal } from './rehearsal.ts';
import { tarball } from './tarball.ts';

const Begun = z.object({ id: z.string(), dagsUploadUrl: z.string() });

/** A tenant whose plan has no limits, and what a person does with deployments there. */
export interface Rehearsed {
  readonly tenant: Tenant;
  /** Where the API has the tenant's deployments. */
  readonly path: string;
  /** Where the API has what of a deployment is Windsock's own: its operations, timeline and revisions. */
  alpha(id: string): string;
  /** Asks for a deployment with these secret variables, and what `more` says of it; answers its id. */
  create(name: string, variables?: Readonly<Record<string, string>>, more?: object): Promise<string>;
  get(id: string): Promise<Deployment>;
  /** Whether no operation works on the deployment, and nothing waits for one. */
  isAtRest(id: string): Promise<boolean>;
  /** Waits until nothing is done to the deployment any more. */
  settled(id: string): Promise<Deployment>;
  /** The audit log of the tenant's organization. */
  auditLogs(): Promise<Line[]>;
  /** What was done to it, the newest first. */
  operations(id: string): Promise<Operation[]>;
  update(id: string, change: object): Promise<Answer>;
  /** Uploads one DAG file with this text; answers the request that finalizes its deploy. */
  upload(id: string, text: string): Promise<{ url: string; body: { dagTarballVersion: string } }>;
  /** Uploads one DAG file with this text and finalizes its deploy. */
  deliver(id: string, text?: string): Promise<Answer>;
  /** A client with a token that may do this to the deployment, and nothing else. */
  tokenThatMay(id: string, permissions: readonly Permission[]): Promise<Client>;
  /** Puts the tenant's organization on this plan, as the operator does. */
  setPlan(productPlan: ProductPlan): Promise<void>;
  /** Deletes it and waits until it is gone. */
  remove(id: string): Promise<void>;
}

/** Has somebody sign up on a rehearsal, or on a platform whose image is the stand-in. */
export async function rehearsedTenant(
  cloud: Pick<Rehearsal | Platform, 'url' | 'operatorToken'>,
): Promise<Rehearsed> {
  const tenant = await signUp(cloud);
  const { client, organizationId, workspaceId } = tenant;
  const operator: Client = createClient(cloud.url, await cloud.operatorToken());
  const setPlan = async (productPlan: ProductPlan) => {
    const path = `/v1alpha1/operator/organizations/${organizationId}`;
    expect((await operator.post(path, { productPlan })).status).toBe(200);
  };
  await setPlan('TEAM');
  const path = `/v1/organizations/${organizationId}/deployments`;
  const alpha = (id: string) => `${path.replace('/v1/', '/v1alpha1/')}/${id}`;
  const get = async (id: string) => Deployment.parse((await client.get(`${path}/${id}`)).body);
  const upload = async (id: string, text: string) => {
    const bytes = await tarball([{ name: 'dags/one.py', content: text }]);
    const begun = Begun.parse((await client.post(`${path}/${id}/deploys`, { type: 'DAG_ONLY' })).body);
    const uploaded = await sent(begun.dagsUploadUrl, {
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
      body: new Uint8Array(bytes),
    });
    expect(uploaded.status).toBe(201);
    const dagTarballVersion = uploaded.headers.get('x-ms-version-id') ?? '';
    return { url: `${path}/${id}/deploys/${begun.id}/finalize`, body: { dagTarballVersion } };
  };
  return {
    tenant,
    path,
    alpha,
    get,
    isAtRest: async (id) => isAtRest(await get(id)),
    setPlan,
    async create(name, variables = {}, more = {}) {
      const environmentVariables = Object.entries(variables).map(([key, value]) => ({
        key,
        value,
        isSecret: true,
      }));
      const answer = await client.post(path, { name, workspaceId, environmentVariables, ...more });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return Deployment.parse(answer.body).id;
    },
    async settled(id) {
      let last: Deployment | undefined;
      await until(
        async () => {
          last = await get(id);
          return !['CREATING', 'DEPLOYING'].includes(last.status);
        },
        { seconds: 50, what: () => `${id} to settle; it is ${last?.status}` },
      );
      return last ?? get(id);
    },
    auditLogs: async () =>
      linesOf((await client.get(`/v1/organizations/${organizationId}/audit-logs?limit=10000`)).body),
    async operations(id) {
      const answer = await client.get(`${alpha(id)}/operations?limit=1000`);
      return z.object({ operations: z.array(Operation) }).parse(answer.body).operations;
    },
    update: (id, change) => client.post(`${path}/${id}`, change),
    upload,
    async deliver(id, text = 'print(1)') {
      const { url, body } = await upload(id, text);
      return await client.post(url, body);
    },
    async tokenThatMay(id, permissions) {
      const name = permissions.join(' ');
      const made = async (what: string, body: object) => {
        const answer = await client.post(`/v1/organizations/${organizationId}/${what}`, body);
        expect(answer.status, JSON.stringify(answer.body)).toBe(200);
        return answer.body;
      };
      await made('roles', { name, scopeType: 'DEPLOYMENT', permissions });
      const token = await made('tokens', { name, scope: 'DEPLOYMENT', entityId: id, role: name });
      return createClient(cloud.url, z.object({ token: z.string() }).parse(token).token);
    },
    async remove(id) {
      expect((await client.delete(`${path}/${id}`)).status).toBe(204);
      await until(async () => (await client.get(`${path}/${id}`)).status === 404, {
        seconds: 50,
        what: () => `${id} to be gone`,
      });
    },
  };
}
