import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { intercept } from '../../../core/store/intercept.ts';
import { type Account, join, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

/** Keys of what was made since the table began to lag, which only consistent reads know. */
let made: Set<string> | undefined;
const keyOf = ({ pk, sk }: Record<string, unknown> = {}) => `${pk} ${sk}`;

/** The table as DynamoDB may answer: a read that does not ask to be consistent may miss what was just made. */
function lagging(client: DynamoDBDocumentClient): DynamoDBDocumentClient {
  return intercept(client, async (command, pass) => {
    const answer = await pass(command);
    if (command instanceof TransactWriteCommand) {
      for (const { Put } of command.input.TransactItems ?? []) made?.add(keyOf(Put?.Item));
    }
    const isLate = command instanceof GetCommand && command.input.ConsistentRead !== true;
    return isLate && made?.has(keyOf(command.input.Key)) ? {} : answer;
  });
}

let plane: ControlPlane;
let owner: Account;
beforeAll(async () => {
  plane = await startControlPlane({ table: lagging });
  owner = await signUp(plane);
  await setPlan(plane, owner, 'TEAM');
});
afterAll(() => plane.stop());

test('who holds a role on a workspace finds the deployment that they have just created', async () => {
  const { user, token } = await join(plane, owner);
  const workspaceId = owner.workspace.id;
  const workspaceRoles = [{ workspaceId, role: 'WORKSPACE_OPERATOR' }];
  const roles = { organizationRole: 'ORGANIZATION_MEMBER', workspaceRoles };
  await plane.call('POST', `${owner.path}/users/${user.id}/roles`, roles, { token: owner.token });
  plane.advanceClock(4);
  made = new Set();
  const asked = { name: 'Forecast', workspaceId };
  const created = await plane.call('POST', `${owner.path}/deployments`, asked, { token });
  const { id } = z.object({ id: z.string() }).parse(created.body);
  const found = await plane.call('GET', `${owner.path}/deployments/${id}`, undefined, { token });
  expect(found).toMatchObject({ status: 200, body: { id } });
});
