import type { Store } from '../store/store.ts';
import type { Fields } from './entity.ts';
import { secretsOf, shownSpec } from './spec.ts';

/** How the changes of a kind of item are told of. */
export interface Audited {
  readonly resourceType: string;
  /** The attribute that is the thing's id. */
  readonly id: string;
  /**
   * What of an item a person cares about. Nothing secret, no hash, nothing that only the platform reads; nothing
   * either that is secret in the item as it was, or is, on the other side of the change.
   */
  show(item: Fields, other: Fields): Fields;
}

/**
 * Every kind of item, and how its changes are told of; undefined are those that are nothing of an organization's, or
 * only a part of a change that is told of already.
 */
export const kinds = {
  organization: {
    resourceType: 'ORGANIZATION',
    id: 'organizationId',
    show: only('name', 'productPlan', 'status', 'billingEmail', 'trialExpiresAt'),
  },
  workspace: {
    resourceType: 'WORKSPACE',
    id: 'workspaceId',
    show: only(
      'name',
      'description',
      'cicdEnforcedDefault',
      'defaultCloudProvider',
      'defaultClusterId',
      'defaultRegion',
    ),
  },
  member: { resourceType: 'USER', id: 'userId', show: only('username', 'roles', 'teams') },
  team: { resourceType: 'TEAM', id: 'teamId', show: only('name', 'description', 'roles') },
  role: {
    resourceType: 'ROLE',
    id: 'roleId',
    show: only('name', 'description', 'permissions', 'restrictedWorkspaceIds'),
  },
  deployment: { resourceType: 'DEPLOYMENT', id: 'deploymentId', show: showDeployment },
  deploy: {
    resourceType: 'DEPLOY',
    id: 'deployId',
    show: only('deploymentId', 'type', 'description', 'git', 'runtimeVersion', 'bundle', 'rollbackFromId'),
  },
  invite: { resourceType: 'INVITE', id: 'inviteId', show: only('email', 'role', 'expiresAt') },
  apiToken: {
    resourceType: 'API_TOKEN',
    id: 'tokenId',
    show: only(
      'name',
      'description',
      'scope',
      'workspaceId',
      'deploymentId',
      'roles',
      'endAt',
      'lastRotatedAt',
    ),
  },
  artifact: undefined,
  attempt: undefined,
  auditDay: undefined,
  passwordReset: undefined,
  auditEntry: undefined,
  email: undefined,
  grant: undefined,
  idempotency: undefined,
  intent: undefined,
  name: undefined,
  namespace: undefined,
  operation: undefined,
  revision: undefined,
  session: undefined,
  settingsChange: undefined,
  signinLink: undefined,
  signup: undefined,
  token: undefined,
  user: undefined,
  variableSet: undefined,
} satisfies Readonly<Record<keyof Store['entities'], Audited | undefined>>;

/** A kind of item whose changes are told of. */
export type Kind = {
  [K in keyof typeof kinds]: (typeof kinds)[K] extends undefined ? never : K;
}[keyof typeof kinds];

/** How the changes of this kind of item are told of; undefined when they are not. */
export function auditedKind(kind: unknown): Audited | undefined {
  return Object.entries(kinds).find(([name]) => name === kind)?.[1];
}

function only(...names: readonly string[]): (item: Fields) => Fields {
  return (item) =>
    Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));
}

/** Its settings and what it is to run, side by side as the API has them. */
function showDeployment({ name, workspaceId, settings, desired }: Fields, other: Fields): Fields {
  const spec = fieldsOf(desired);
  const secret = secretsOf(spec, fieldsOf(other.desired));
  return { name, workspaceId, ...fieldsOf(settings), ...shownSpec(spec, secret) };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
