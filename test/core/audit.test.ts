import { describe, expect, test } from 'vitest';
import { deletion, entryOf } from '../../core/audit/entry.ts';
import { NO_ACCESS } from '../../core/permission/access.ts';

const ada = { id: 'ada', subjectType: 'USER', username: 'ada@example.com', fullName: 'Ada' } as const;
const workspace = {
  __edb_e__: 'workspace',
  organizationId: 'o',
  workspaceId: 'w',
  name: 'Storms',
  cicdEnforcedDefault: false,
  deploymentCount: 0,
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: ada,
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: ada,
  requestId: 'first',
};
const renamed = {
  ...workspace,
  name: 'Gales',
  version: 2,
  updatedAt: '2026-01-02T00:00:00.000Z',
  requestId: 'second',
};

describe('the audit entry of a change', () => {
  test('of what is new shows all of it that a person cares about', () => {
    expect(entryOf(undefined, workspace)).toEqual({
      organizationId: 'o',
      entryId: '2026-01-01T00:00:00.000Z/WORKSPACE/w/1',
      timestamp: '2026-01-01T00:00:00.000Z',
      requestId: 'first',
      subject: ada,
      action: 'CREATE',
      resourceType: 'WORKSPACE',
      resourceId: 'w',
      before: {},
      after: { name: 'Storms', cicdEnforcedDefault: false },
    });
  });

  test('shows what changed, as it was and as it is', () => {
    expect(entryOf(workspace, renamed)).toMatchObject({
      entryId: '2026-01-02T00:00:00.000Z/WORKSPACE/w/2',
      action: 'UPDATE',
      before: { name: 'Storms' },
      after: { name: 'Gales' },
    });
  });

  test('is one for each request, even of one person in one millisecond', () => {
    const again = { ...renamed, description: 'd', version: 3, requestId: 'third' };
    expect(entryOf(renamed, again)).toMatchObject({ before: {}, after: { description: 'd' } });
    expect(entryOf(renamed, again)?.entryId).not.toBe(entryOf(workspace, renamed)?.entryId);
  });

  test('is none of what the platform counts, of what nobody is told of, and of what is gone', () => {
    expect(entryOf(workspace, { ...workspace, deploymentCount: 1 })).toBeUndefined();
    expect(entryOf(undefined, { ...workspace, __edb_e__: 'name' })).toBeUndefined();
    expect(entryOf(undefined, { __edb_e__: 'toString' })).toBeUndefined();
    expect(entryOf(workspace, undefined)).toBeUndefined();
  });

  test('of a deletion names who deletes', () => {
    const actor = {
      type: 'user' as const,
      userId: 'ada',
      username: 'ada@example.com',
      fullName: 'Ada',
      tokenId: 't',
      access: NO_ACCESS,
    };
    const scope = { now: new Date('2026-01-03T00:00:00Z'), requestId: 'last', actor };
    expect(deletion(scope, 'workspace', renamed)).toMatchObject({
      entryId: '2026-01-03T00:00:00.000Z/WORKSPACE/w/3',
      subject: ada,
      action: 'DELETE',
      before: { name: 'Gales' },
      after: {},
    });
  });

  test('of a deployment has its settings and its spec side by side, and no place of a secret', () => {
    const deployment = {
      ...workspace,
      __edb_e__: 'deployment',
      deploymentId: 'd',
      settings: { description: 'nightly' },
      desired: {
        schedulerSize: 'SMALL',
        environmentVariables: [{ key: 'A', isSecret: true, variableSetId: 'one' }],
      },
    };
    const larger = {
      ...deployment,
      desired: { ...deployment.desired, schedulerSize: 'MEDIUM' },
      version: 2,
      requestId: 'second',
    };
    expect(entryOf(undefined, deployment)?.after).toEqual({
      name: 'Storms',
      workspaceId: 'w',
      description: 'nightly',
      schedulerSize: 'SMALL',
      environmentVariables: [{ key: 'A', isSecret: true }],
    });
    expect(entryOf(deployment, larger)).toMatchObject({
      before: { schedulerSize: 'SMALL' },
      after: { schedulerSize: 'MEDIUM' },
    });
    expect(entryOf(larger, { ...larger, isDeleting: true, version: 3, requestId: 'third' })).toMatchObject({
      action: 'DELETE',
      before: { schedulerSize: 'MEDIUM' },
      after: {},
    });
  });
});
