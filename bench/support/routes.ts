import type { Request } from './load.ts';

/** What the requests are about. */
export interface Subjects {
  readonly organizationId: string;
  readonly workspaceId: string;
  readonly deploymentId: string;
}

let named = 0;
const newName = () => `Benchmark ${++named}`;

/**
 * The routes that are measured, by what a table calls them: each answers its next request. All that reads something
 * which every organization has, and of what writes one of each kind.
 */
export const routes: Readonly<Record<string, (subjects: Subjects) => Request>> = {
  health: () => get('/healthz'),
  'the API described': () => get('/openapi.json'),
  'get oneself': () => get('/v1/users/self'),
  'list organizations': () => get('/v1/organizations'),
  'list permission groups': () => get('/v1/authorization/permission-groups'),
  'get an organization': organization(''),
  'list clusters': organization('/clusters'),
  'deployment options': organization('/deployment-options'),
  'list role templates': organization('/role-templates'),
  'list roles': organization('/roles'),
  'list teams': organization('/teams'),
  'list tokens': organization('/tokens'),
  'list users': organization('/users'),
  'audit log': organization('/audit-logs'),
  'list workspaces': organization('/workspaces'),
  'get a workspace': ({ organizationId, workspaceId }) =>
    get(`/v1/organizations/${organizationId}/workspaces/${workspaceId}`),
  'list deployments': organization('/deployments'),
  'get a deployment': deployment('v1', ''),
  'list deploys': deployment('v1', '/deploys'),
  "search a deployment's logs": deployment('v1', '/logs?sources=scheduler&limit=50'),
  "list a deployment's operations": deployment('v1alpha1', '/operations'),
  "list a deployment's revisions": deployment('v1alpha1', '/revisions'),
  'timeline of a deployment': deployment('v1alpha1', '/timeline'),
  'plan a change of a deployment': ({ organizationId, deploymentId }) =>
    post(`/v1/organizations/${organizationId}/deployments/${deploymentId}?dryRun=plan`, {
      schedulerSize: 'MEDIUM',
    }),
  'describe a deployment': ({ organizationId, deploymentId }) =>
    post(`/v1/organizations/${organizationId}/deployments/${deploymentId}`, { description: newName() }),
  'create a deploy': ({ organizationId, deploymentId }) =>
    post(`/v1/organizations/${organizationId}/deployments/${deploymentId}/deploys`, { type: 'DAG_ONLY' }),
  'change a workspace': ({ organizationId, workspaceId }) =>
    post(`/v1/organizations/${organizationId}/workspaces/${workspaceId}`, {
      name: newName(),
      description: '',
      cicdEnforcedDefault: false,
    }),
  'create a workspace': ({ organizationId }) =>
    post(`/v1/organizations/${organizationId}/workspaces`, { name: newName() }),
};

function organization(path: string) {
  return ({ organizationId }: Subjects) => get(`/v1/organizations/${organizationId}${path}`);
}

function deployment(version: string, path: string) {
  return ({ organizationId, deploymentId }: Subjects) =>
    get(`/${version}/organizations/${organizationId}/deployments/${deploymentId}${path}`);
}

function get(path: string): Request {
  return { method: 'GET', path };
}

function post(path: string, body: Record<string, unknown>): Request {
  return { method: 'POST', path, body };
}
