import type { Request } from './load.ts';

/** What the requests are about. */
export interface Subjects {
  readonly organizationId: string;
  readonly workspaceId: string;
  readonly deploymentId: string;
}

let named = 0;
const newName = () => `Benchmark ${++named}`;

/** The routes that are measured, by what a table calls them: each answers its next request. */
export const routes: Readonly<Record<string, (subjects: Subjects) => Request>> = {
  health: () => get('/healthz'),
  'get oneself': () => get('/v1/users/self'),
  'get an organization': ({ organizationId }) => get(`/v1/organizations/${organizationId}`),
  'list workspaces': ({ organizationId }) => get(`/v1/organizations/${organizationId}/workspaces`),
  'list deployments': ({ organizationId }) => get(`/v1/organizations/${organizationId}/deployments`),
  'get a deployment': ({ organizationId, deploymentId }) =>
    get(`/v1/organizations/${organizationId}/deployments/${deploymentId}`),
  "list a deployment's operations": ({ organizationId, deploymentId }) =>
    get(`/v1alpha1/organizations/${organizationId}/deployments/${deploymentId}/operations`),
  'create a deploy': ({ organizationId, deploymentId }) => ({
    method: 'POST',
    path: `/v1/organizations/${organizationId}/deployments/${deploymentId}/deploys`,
    body: { type: 'DAG_ONLY' },
  }),
  'create a workspace': ({ organizationId }) => ({
    method: 'POST',
    path: `/v1/organizations/${organizationId}/workspaces`,
    body: { name: newName() },
  }),
};

function get(path: string): Request {
  return { method: 'GET', path };
}
