import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Roles } from '../../../core/permission/roles.ts';
import { type Account, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

let plane: ControlPlane;
let owner: Account;
let guest: Account;
let deployment: string;
beforeAll(async () => {
  plane = await startControlPlane();
  [owner, guest] = [await signUp(plane, 'Owner'), await signUp(plane, 'Guest')];
  await plane.tick();
  const { body } = await plane.call('GET', `${owner.path}/deployments`, undefined, { token: owner.token });
  const [first] = z
    .object({ deployments: z.array(z.object({ id: z.string() })).min(1) })
    .parse(body).deployments;
  deployment = `${owner.path}/deployments/${first?.id}`;
});
afterAll(() => plane.stop());

/** Makes the guest a member of the owner's organization with these roles, and lets the memory of roles pass. */
async function hold(roles: Partial<Roles>): Promise<void> {
  const organizationId = owner.organization.id;
  const { member } = plane.services.store(organizationId).entities;
  const { data } = await member.get({ organizationId, userId: owner.user.id }).go();
  if (data === null) throw new Error('The owner is no member');
  await member
    .put({ ...data, userId: guest.user.id, roles: { workspaces: {}, deployments: {}, ...roles } })
    .go();
  plane.advanceClock(4);
}

const ask = async (method: string, path: string) =>
  (await plane.call(method, path, method === 'POST' ? {} : undefined, { token: guest.token })).status;
const onWorkspace = (role: Roles['workspaces'][string]) => ({ workspaces: { [owner.workspace.id]: role } });

describe('a role', () => {
  test('of the organization shows the organization, and no workspace or deployment', async () => {
    await hold({ organization: 'ORGANIZATION_MEMBER' });
    expect(await ask('GET', owner.path)).toBe(200);
    expect(await ask('POST', `${owner.path}/workspaces`)).toBe(403);
    expect(await ask('GET', `${owner.path}/workspaces/${owner.workspace.id}`)).toBe(404);
    expect(await ask('GET', deployment)).toBe(404);
    const { body } = await plane.call('GET', `${owner.path}/workspaces`, undefined, { token: guest.token });
    expect(body).toMatchObject({ workspaces: [], totalCount: 0 });
  });

  test('of the workspace permits what it permits in its deployments', async () => {
    await hold({ organization: 'ORGANIZATION_MEMBER', ...onWorkspace('WORKSPACE_MEMBER') });
    expect(await ask('GET', `${owner.path}/workspaces/${owner.workspace.id}`)).toBe(200);
    expect(await ask('DELETE', `${owner.path}/workspaces/${owner.workspace.id}`)).toBe(403);
    expect(await ask('GET', deployment)).toBe(200);
    expect(await ask('DELETE', deployment)).toBe(403);
    await hold({ organization: 'ORGANIZATION_MEMBER', ...onWorkspace('WORKSPACE_ACCESSOR') });
    expect(await ask('GET', `${owner.path}/workspaces/${owner.workspace.id}`)).toBe(200);
    expect(await ask('GET', deployment)).toBe(404);
  });

  test('of the workspace permits to create deployments in it, and nowhere else', async () => {
    const create = async (workspaceId: string) => {
      const body = { name: 'Trial', workspaceId };
      return (await plane.call('POST', `${owner.path}/deployments`, body, { token: guest.token })).status;
    };
    await hold({ organization: 'ORGANIZATION_MEMBER', ...onWorkspace('WORKSPACE_OPERATOR') });
    expect(await create(owner.workspace.id)).toBe(409);
    expect(await create(guest.workspace.id)).toBe(404);
    await hold({ organization: 'ORGANIZATION_MEMBER', ...onWorkspace('WORKSPACE_MEMBER') });
    expect(await create(owner.workspace.id)).toBe(403);
  });

  test('that was taken away is gone within seconds', async () => {
    await hold(onWorkspace('WORKSPACE_MEMBER'));
    expect(await ask('GET', deployment)).toBe(200);
    await hold({});
    expect(await ask('GET', deployment)).toBe(404);
  });
});
