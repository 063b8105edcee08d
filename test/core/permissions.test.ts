import { describe, expect, test } from 'vitest';
import { type Access, accessOf, together } from '../../core/permission/access.ts';
import { authorize, verdict } from '../../core/permission/authorize.ts';
import type { CustomRole } from '../../core/permission/custom.ts';
import { demandAllGivable } from '../../core/permission/giving.ts';
import { includeRole, type Permission, permissionsOf } from '../../core/permission/permissions.ts';
import { DeploymentRole, OrganizationRole, type Roles, WorkspaceRole } from '../../core/permission/roles.ts';

const organizationId = 'o';
const deployment = { organizationId, workspaceId: 'w', deploymentId: 'd' };
const none: Roles = { workspaces: {}, deployments: {} };
const forecaster: CustomRole = {
  roleId: 'forecaster',
  name: 'Forecaster',
  permissions: new Set(['deployment.get', 'deploy.create']),
  restrictedWorkspaceIds: ['w'],
};
const customRoles = new Map([[forecaster.roleId, forecaster]]);
const accessBy = (roles: Roles): Access => accessOf(roles, customRoles);
const inWorkspace = (role: WorkspaceRole, workspaceId = 'w'): Roles => ({
  ...none,
  workspaces: { [workspaceId]: role },
});

describe('the permissions of a deployment', () => {
  const rows: [string, Roles, Permission, string][] = [
    [
      'an owner of the organization',
      { ...none, organization: 'ORGANIZATION_OWNER' },
      'deployment.delete',
      'allowed',
    ],
    [
      'a member of the organization',
      { ...none, organization: 'ORGANIZATION_MEMBER' },
      'deployment.get',
      'invisible',
    ],
    ['an owner of the workspace', inWorkspace('WORKSPACE_OWNER'), 'deployment.delete', 'allowed'],
    ['an owner of another workspace', inWorkspace('WORKSPACE_OWNER', 'x'), 'deployment.get', 'invisible'],
    ['an operator', inWorkspace('WORKSPACE_OPERATOR'), 'deployment.update', 'allowed'],
    ['an author', inWorkspace('WORKSPACE_AUTHOR'), 'deploy.create', 'allowed'],
    ['an author', inWorkspace('WORKSPACE_AUTHOR'), 'deployment.update', 'forbidden'],
    ['a member', inWorkspace('WORKSPACE_MEMBER'), 'log.get', 'allowed'],
    ['a member', inWorkspace('WORKSPACE_MEMBER'), 'deploy.create', 'forbidden'],
    ['an accessor', inWorkspace('WORKSPACE_ACCESSOR'), 'deployment.get', 'invisible'],
    ['its admin', { ...none, deployments: { d: 'DEPLOYMENT_ADMIN' } }, 'deployment.update', 'allowed'],
    [
      'whom a role of the organization lets',
      { ...none, deployments: { d: 'forecaster' } },
      'deploy.create',
      'allowed',
    ],
    [
      'whom one lets do something else',
      { ...none, deployments: { d: 'forecaster' } },
      'log.get',
      'forbidden',
    ],
    ['whose role is gone', { ...none, deployments: { d: 'gone' } }, 'deployment.get', 'invisible'],
    ["another's admin", { ...none, deployments: { e: 'DEPLOYMENT_ADMIN' } }, 'deployment.get', 'invisible'],
  ];
  test.each(rows)('%s', (_, roles, permission, expected) => {
    expect(verdict(accessBy(roles), permission, deployment)).toBe(expected);
  });
});

test('an id that every object has a member of is the id of nothing', () => {
  for (const id of ['toString', 'constructor', '__proto__']) {
    const target = { organizationId, workspaceId: id, deploymentId: id };
    expect(verdict(accessBy(inWorkspace('WORKSPACE_OWNER')), 'deployment.get', target)).toBe('invisible');
  }
});

const scope = (roles: Roles) => ({
  now: new Date(0),
  requestId: 'r',
  actor: {
    type: 'user' as const,
    userId: 'u',
    username: 'u',
    fullName: 'U',
    tokenId: 't',
    access: accessBy(roles),
  },
});

test('an invisible thing is not found, a forbidden one is refused', () => {
  expect(() => authorize(scope(none), 'deployment.get', deployment)).toThrow(
    expect.objectContaining({ statusCode: 404 }),
  );
  expect(() => authorize(scope(inWorkspace('WORKSPACE_MEMBER')), 'deployment.delete', deployment)).toThrow(
    expect.objectContaining({ statusCode: 403 }),
  );
});

describe('roles that are held together', () => {
  test.each([OrganizationRole, WorkspaceRole, DeploymentRole].map(({ options }) => [options]))(
    'can be one of %s, for each permits all that those after it do',
    (roles) => {
      const higherFirst = roles.every((role, index) =>
        roles.slice(index).every((lower) => includeRole(permissionsOf(role), lower)),
      );
      expect(higherFirst).toBe(true);
    },
  );

  test('are on each thing the one that permits most', () => {
    const own: Roles = { ...inWorkspace('WORKSPACE_AUTHOR'), organization: 'ORGANIZATION_MEMBER' };
    const team: Roles = {
      organization: 'ORGANIZATION_OWNER',
      workspaces: { w: 'WORKSPACE_MEMBER', x: 'WORKSPACE_MEMBER' },
      deployments: { d: 'DEPLOYMENT_ADMIN' },
    };
    const both = accessBy({ ...team, workspaces: { w: 'WORKSPACE_AUTHOR', x: 'WORKSPACE_MEMBER' } });
    expect(together([accessBy(own), accessBy(team)])).toEqual(both);
    expect(together([accessBy(team), accessBy(own)])).toEqual(both);
    expect(together([accessBy(own)])).toEqual(accessBy(own));
    expect(together([])).toEqual(accessBy(none));
  });

  test('permit on a deployment what each of them does', () => {
    const reader: CustomRole = {
      ...forecaster,
      roleId: 'reader',
      permissions: new Set(['deployment.get', 'log.get']),
    };
    const held = [forecaster, reader].map(({ roleId }) => ({ ...none, deployments: { d: roleId } }));
    const both = together(
      held.map((roles) => accessOf(roles, new Map([...customRoles, ['reader', reader]]))),
    );
    expect([...(both.deployments.d ?? [])].sort()).toEqual(['deploy.create', 'deployment.get', 'log.get']);
  });

  test('are given by whoever could give each of them, where it is', () => {
    const roles: Roles = {
      workspaces: { w: 'WORKSPACE_MEMBER' },
      deployments: { d: 'DEPLOYMENT_ADMIN' },
    };
    const known = { workspaceOf: new Map([['d', 'w']]), customRoles };
    const give = (by: Roles, given: Roles) => () => demandAllGivable(scope(by), given, organizationId, known);
    expect(give(inWorkspace('WORKSPACE_OWNER'), roles)).not.toThrow();
    const refused = expect.objectContaining({ statusCode: 403 });
    expect(give(inWorkspace('WORKSPACE_OPERATOR'), roles)).toThrow(refused);
    expect(give(inWorkspace('WORKSPACE_OWNER', 'x'), roles)).toThrow(refused);
    const more: Roles = { ...roles, organization: 'ORGANIZATION_OWNER' };
    expect(give(inWorkspace('WORKSPACE_OWNER'), more)).toThrow(refused);
    const custom: Roles = { ...none, deployments: { d: forecaster.roleId } };
    expect(give(inWorkspace('WORKSPACE_AUTHOR'), custom)).not.toThrow();
    expect(give(inWorkspace('WORKSPACE_MEMBER'), custom)).toThrow(refused);
  });
});
